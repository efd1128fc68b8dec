import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { beginCommand } from '../../servers/commands/begin.ts';
import { figuresProblem, saveFigures } from '../figures/results-folder.ts';
import { Child } from '../harness/child.ts';
import { inspectEnvironment } from '../harness/environment.ts';
import { loopbackProblem } from '../harness/loopback.ts';
import { readSeed, someOf, wholeNumber } from '../option-readers.ts';
import { type FuzzFigures, fuzzTable } from './figures.ts';
import { type Fuzzed, nothingYet, repeatCommand } from './fuzz.ts';
import type { FuzzHandlers } from './fuzz-process.ts';
import { targets } from './targets.ts';

/**
 * The long form of the fuzzing: `npm run test:fuzz`. See `--help`.
 *
 * Every target gets its inputs, as many targets at a time as there are processors. The figures of a run of all
 * of them go to a file, the table to stdout.
 *
 * Exit codes: 0 nothing was found; 1 something was; 2 the command line is wrong; 3 this machine
 * can't run it, or the file can't be written.
 */
type Options = { count: number; seed: number; only?: string[] };

/** How often it looks how far a target has got, and how long one may stand still. */
const lookEveryMs = 2000;
const stillMsMax = 120_000;

const all = targets();
const names = all.map(({ name }) => name);

const command = new Command('npm run test:fuzz --')
  .description('Sends malformed input to every parser and server.')
  .option('--count <number>', 'number of inputs for each target', wholeNumber(1, 999_999_999), 100_000)
  .option('--seed <number>', 'seed of the inputs', readSeed, 7)
  .option('--only <names>', 'targets, separated by commas (default: all)', someOf(names))
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

beginCommand(command.name(), command.options);
process.exit(await main(command.parse().opts<Options>()));

async function main({ count, seed, only = names }: Options): Promise<number> {
  const problem = (await loopbackProblem()) ?? (only === names ? figuresProblem() : undefined);
  if (problem) {
    console.error(problem);
    return 3;
  }
  const startedAt = new Date();
  const { environment } = await inspectEnvironment();
  const fuzzed = await fuzzAll(only, count, seed, environment.cores);
  const { node, cpu, cores, commit } = environment;
  const figures: FuzzFigures = {
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...{ node, cpu, cores, commit, count, seed, fuzzed },
  };
  console.log(fuzzTable(figures));
  for (const one of fuzzed)
    if (one.finding !== undefined)
      console.error(`\n${one.target}: ${one.finding}\nagain: ${repeatCommand(one, count, seed)}`);
  const failed = fuzzed.some(({ finding }) => finding !== undefined);
  if (only !== names) return failed ? 1 : 0;
  try {
    console.error(`\n${saveFigures('fuzz', figures)}`);
  } catch (error) {
    console.error(`cannot write the numbers: ${(error as Error).message}`);
    return 3;
  }
  return failed ? 1 : 0;
}

/** Each target in a process of its own, so many at once, in the order of the list. */
async function fuzzAll(
  only: readonly string[],
  count: number,
  seed: number,
  atOnce: number,
): Promise<Fuzzed[]> {
  const left = [...only];
  const fuzzed = new Map<string, Fuzzed>();
  const work = async () => {
    for (let target = left.shift(); target !== undefined; target = left.shift()) {
      const one = await fuzzApart(target, count, seed);
      fuzzed.set(target, one);
      const seconds = Math.round(one.durationMs / 1000);
      console.error(`${fuzzed.size}/${only.length} ${target}: ${one.inputs} inputs, ${seconds} s`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return only.map((target) => fuzzed.get(target) as Fuzzed);
}

/** Fuzzes in a child. One that ends has crashed, and one that does not answer hangs. */
async function fuzzApart(name: string, count: number, seed: number): Promise<Fuzzed> {
  const target = all.find((one) => one.name === name) as (typeof all)[number];
  const child = new Child<FuzzHandlers>('../abuse/fuzz-process.ts');
  const startedMs = performance.now();
  let inputs = 0;
  let isOver = false;
  const aDayMs = 86_400_000;
  const watch = async (): Promise<Fuzzed> => {
    try {
      while (!isOver) {
        await wait(lookEveryMs);
        inputs = await child.call('progress', undefined, stillMsMax);
      }
    } catch (error) {
      return fallen(child.ended ? 'crashes' : 'hangs', (error as Error).message);
    }
    return new Promise(() => {});
  };
  const fallen = (how: 'crashes' | 'hangs', why: string): Fuzzed => ({
    ...nothingYet(target, seed),
    inputs,
    [how]: 1,
    durationMs: Math.round(performance.now() - startedMs),
    finding: `${why}, after about ${inputs} inputs`,
  });
  try {
    return await Promise.race([child.call('fuzz', { target: name, count, seed }, aDayMs), watch()]);
  } catch (error) {
    return fallen('crashes', (error as Error).message);
  } finally {
    isOver = true;
    child.kill();
  }
}
