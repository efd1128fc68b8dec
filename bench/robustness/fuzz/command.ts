import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { readSeed, someOf, wholeNumber } from '../../../servers/commands/command.ts';
import { Child } from '../../harness/child.ts';
import { runCampaign } from '../campaign.ts';
import { type Fuzzed, nothingYet, repeatCommand } from './fuzz.ts';
import type { FuzzHandlers } from './fuzz-process.ts';
import { targetOf, targets } from './targets.ts';

type Options = { count: number; seed: number; only?: string[] };

/** How often the progress of a target is read, and how long one may make none. */
const progressEveryMs = 2000;
const noProgressMsMax = 120_000;

const aDayMs = 86_400_000;

/** Adds the fuzzing: as many targets at a time as there are cores. */
export function addFuzz(robustness: Command): void {
  const names = targets().map(({ name }) => name);
  robustness
    .command('fuzz')
    .description('Sends malformed input to every parser and server.')
    .option('--count <number>', 'number of inputs for each target', wholeNumber(1, 999_999_999), 100_000)
    .option('--seed <number>', 'seed of the inputs', readSeed, 7)
    .option('--only <names>', 'targets, separated by commas (default: all)', someOf(names))
    .action(({ count, seed, only }: Options) =>
      runCampaign('fuzz', only !== undefined, async (cores) => {
        const fuzzed = await fuzzAll(only ?? names, count, seed, cores);
        const failures = fuzzed
          .filter(({ finding }) => finding !== undefined)
          .map((one) => `${one.target}: ${one.finding}\nagain: ${repeatCommand(one, count, seed)}`);
        return { figures: { count, seed, fuzzed }, failures };
      }),
    );
}

/** Fuzzes each target in its own process, `atOnce` at a time. Returns the results in the order of the names. */
async function fuzzAll(
  names: readonly string[],
  count: number,
  seed: number,
  atOnce: number,
): Promise<Fuzzed[]> {
  const left = [...names];
  const fuzzed = new Map<string, Fuzzed>();
  const work = async () => {
    for (let target = left.shift(); target !== undefined; target = left.shift()) {
      const one = await fuzzInChild(target, count, seed);
      fuzzed.set(target, one);
      const seconds = Math.round(one.durationMs / 1000);
      console.error(`${fuzzed.size}/${names.length} ${target}: ${one.inputs} inputs, ${seconds} s`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return names.map((target) => fuzzed.get(target) as Fuzzed);
}

/** Fuzzes in a child process. A child that ends has crashed, and a child that doesn't answer hangs. */
async function fuzzInChild(name: string, count: number, seed: number): Promise<Fuzzed> {
  const child = new Child<FuzzHandlers>('../robustness/fuzz/fuzz-process.ts');
  const startedMs = performance.now();
  let inputs = 0;
  let how: 'crashes' | 'hangs' = 'crashes';
  const watch = async (): Promise<never> => {
    for (;;) {
      await wait(progressEveryMs);
      inputs = await child.call('progress', undefined, noProgressMsMax).catch((error) => {
        if (!child.ended) how = 'hangs';
        throw error;
      });
    }
  };
  try {
    return await Promise.race([child.call('fuzz', { target: name, count, seed }, aDayMs), watch()]);
  } catch (error) {
    return {
      ...nothingYet(targetOf(name), seed),
      inputs,
      [how]: 1,
      durationMs: Math.round(performance.now() - startedMs),
      finding: `${(error as Error).message}, after about ${inputs} inputs`,
    };
  } finally {
    child.kill();
  }
}
