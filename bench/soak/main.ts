import { Command, InvalidArgumentError } from 'commander';
import { beginCommand } from '../../servers/commands/begin.ts';
import { figuresProblem, saveFigures } from '../figures/results-folder.ts';
import { labVersion } from '../harness/environment.ts';
import { loopbackProblem } from '../harness/loopback.ts';
import { readSeed } from '../option-readers.ts';
import type { Slope } from './slope.ts';
import { isSound, type Soaked, soak } from './soak.ts';

/**
 * `npm run test:soak`: clients come and go at all servers for minutes; then memory, handles, listeners and
 * books are to be as they were.
 *
 * Exit codes: 0 they are; 1 they are not; 2 the command line is wrong; 3 this machine can't run it, or the figures can't be written.
 */
const command = new Command('npm run test:soak --')
  .description('Lets clients come and go at every server, and checks that nothing leaks.')
  .option('--minutes <number>', 'minutes to run, from 0.1 to 1440', readMinutes, 10)
  .option('--seed <number>', 'seed of all joins, sleeps and overloads', readSeed, 7)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

beginCommand(command.name(), command.options);
process.exitCode = await main(command.parse().opts<{ minutes: number; seed: number }>());

async function main({ minutes, seed }: { minutes: number; seed: number }): Promise<number> {
  const problem = (await loopbackProblem()) ?? figuresProblem();
  if (problem) {
    console.error(problem);
    return 3;
  }
  const startedAt = new Date();
  let saidAtMs = 0;
  const soaked = await soak({
    durationMs: minutes * 60_000,
    seed,
    seatsPerGroup: 5,
    sampleEveryMs: Math.min(2000, minutes * 600),
    onSample({ atMs, memoryBytes, connections, dropped, evicted }, { joins, sleeps, overloads }) {
      if (atMs - saidAtMs < 10_000) return;
      saidAtMs = atMs;
      console.error(
        `${(atMs / 60_000).toFixed(1)} of ${minutes} min · ${megabytes(memoryBytes)} in use, ${connections} connections · ${joins} joins, ${sleeps} sleeps, ${overloads} overloads · ${dropped} dropped, ${evicted} evicted`,
      );
    },
  });
  console.log(writeSoak(soaked));
  try {
    console.log(
      saveFigures('soak', {
        version: labVersion(),
        startedAt: startedAt.toISOString(),
        node: process.version,
        ...soaked,
      }),
    );
  } catch (error) {
    console.error(`cannot write the numbers: ${(error as Error).message}`);
    return 3;
  }
  return isSound(soaked) ? 0 : 1;
}

/** A soak in a few lines. */
function writeSoak(soaked: Soaked): string {
  const { counts, books, server, clientProcess, memory, residentSize } = soaked;
  return [
    `Seed ${soaked.seed}: ${soaked.clients} clients at a time for ${soaked.durationMs / 60_000} min; ${counts.joins} joins, ${counts.sleeps} sleeps, ${counts.overloads} overloads, ${soaked.evicted} evictions, ${counts.failures} lost connections`,
    `messages   ${books.expected} expected = ${books.delivered} delivered + ${books.dropped} dropped + ${books.missed} missed + ${books.backlogAtEnd} pending; ${verdict(soaked.bookProblems, 'balanced')}`,
    `server     handles and listeners: ${verdict(server.notBack, 'back to the start')}`,
    `clients    handles and listeners: ${verdict(clientProcess.notBack, 'back to the start')}`,
    `memory     ${memory ? writeSlope(memory) : 'the run was too short to tell'}: ${soaked.memoryGrows ? 'GROWS' : 'does not grow'}`,
    `resident   ${residentSize ? writeSlope(residentSize) : 'the run was too short to tell'} (not judged)`,
    soaked.rule,
  ].join('\n');
}

function verdict(problems: readonly string[], well: string): string {
  return problems.length === 0 ? well : `NOT ${well}: ${problems.join('; ')}`;
}

function writeSlope({ perMinute, low, high, mean }: Slope): string {
  const kilobytes = (bytes: number) => (bytes / 1024).toFixed(1);
  return `${megabytes(mean)} in use, ${kilobytes(perMinute)} KiB per minute (95%: ${kilobytes(low)} to ${kilobytes(high)})`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes >= 0.1 && minutes <= 1440))
    throw new InvalidArgumentError('Expected a number of minutes from 0.1 to 1440.');
  return minutes;
}
