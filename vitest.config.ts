import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { long } from './bench/check/long-tests.ts';
import SlowestFiles from './bench/check/slowest-files.ts';

const results = process.env.TEST_RESULTS;

const tests = '{servers,clients,bench,report}/**/*.test.ts';

for (const file of Object.keys(long))
  if (!existsSync(new URL(file, import.meta.url)))
    throw new Error(`bench/check/long-tests.ts lists ${file}, which does not exist: remove it from the list`);

/** Starts the long files first, in the order above, so that no worker ends alone with one of them. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = Object.keys(long);
    const place = ({ moduleId }: TestSpecification) => {
      const found = order.findIndex((file) => moduleId.endsWith(`/${file}`));
      return found < 0 ? order.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          // Files that share a process share what they import, and a browser.
          isolate: false,
          include: [tests],
          exclude: ['**/node_modules/**', ...Object.keys(long)],
        },
      },
      { extends: true, test: { name: 'long', include: Object.keys(long) } },
    ],
    sequence: { sequencer: LongFirst },
    // With TEST_RESULTS in the environment the results are also written to that file, as JSON.
    reporters: [
      'default',
      new SlowestFiles(),
      ...(results ? ([['json', { outputFile: results }]] as [['json', { outputFile: string }]]) : []),
    ],
    // Limits that only a test that hangs can reach, on a busy machine too.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
    setupFiles: ['./bench/check/patience.ts'],
    // Tests wait for servers, brokers and pages more than they compute: three at once also where there are two cores.
    maxWorkers: Math.max(3, availableParallelism() - 1),
  },
});
