import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { long } from './long-tests.ts';

/** Ends a test run with its ten slowest files, and says which tests were left out. */
export default class SlowestFiles implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(files: readonly TestModule[]): void {
    const slowest = files
      .map((file) => ({ name: file.relativeModuleId, seconds: file.diagnostic().duration / 1000 }))
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, 10);
    console.log('\nThe slowest test files, in seconds:');
    for (const { name, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(7)}  ${name}`);
    if (this.#vitest?.projects.some(({ name }) => name === 'long')) return;
    console.log(
      `\nLeft out: ${Object.keys(long).length} files of long tests (see bench/check/long-tests.ts). "npm run test:all" runs them too.`,
    );
  }
}
