import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const tests = '{servers,clients,bench,report}/**/*.test.ts';

/** The test files that `npm test` leaves out and `npm run test:all` runs, and why each takes long; the longest first. */
export const long = {
  'bench/agents/agents.test.ts': 'starts RabbitMQ, labs and load-generator agents',
  'bench/lab.test.ts': 'runs, interrupts and kills whole labs',
  'bench/faults/faults.test.ts': 'inflicts one fault of each kind on a lab',
  'bench/harness/broker/broker.test.ts': 'starts RabbitMQ, and labs that measure it',
  'bench/classroom/page.test.ts': 'holds classes in a browser',
  'report/lab-md-run.test.ts': 'runs the quick commands of LAB.md',
  'bench/check/commands.test.ts': 'runs every command that the Markdown files tell people to run',
  'report/page-hostile.test.ts': 'draws the report of each hostile text in a browser',
  'report/page-access.test.ts': 'lets axe check every element of the report four times',
  'bench/classroom/lanes.test.ts': 'lets four lanes run in real time',
  'report/page-unfinished.test.ts': 'runs labs, and interrupts and kills them',
  'bench/agents/shared-servers.test.ts': 'kills servers and agents while they share one source in RabbitMQ',
  'bench/peers/main.test.ts': 'measures the alternatives to our servers',
  'bench/harness/shared-source.test.ts': 'starts RabbitMQ, and servers that share one source in it',
  'bench/soak/soak.test.ts': 'lets clients of all transports come and go',
  'bench/agents/namespaces.test.ts': 'runs a lab across network namespaces, with RabbitMQ',
  'bench/check/broken-server.test.ts': 'runs a lab in a copy of the repository whose servers are broken',
  'bench/exercises/exercises.test.ts': 'starts a test run of its own for each exercise',
  'bench/abuse/fuzz.test.ts': 'sends hundreds of bad inputs to every parser and every server',
};

for (const file of Object.keys(long))
  if (!existsSync(new URL(file, import.meta.url)))
    throw new Error(`vitest.config.ts lists ${file}, which does not exist: remove it from the list`);

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
    reporters: ['default', './bench/check/slowest-files.ts'],
    // Limits that only a test that hangs can reach, on a busy machine too.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
    setupFiles: ['./bench/check/patience.ts'],
    // Tests wait for servers, brokers and pages more than they compute: three at once also where there are two cores.
    maxWorkers: Math.max(3, availableParallelism() - 1),
  },
});
