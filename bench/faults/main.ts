import { Command } from 'commander';
import { beginCommand, onInterrupt } from '../../servers/commands/begin.ts';
import { figuresProblem, saveFigures } from '../figures/results-folder.ts';
import { labVersion } from '../harness/environment.ts';
import { loopbackProblem } from '../harness/loopback.ts';
import { readSeed, wholeNumber } from '../option-readers.ts';
import { campaign, type Inflicted, missingKinds } from './campaign.ts';
import { summarise, writeSummary } from './summary.ts';

/**
 * `npm run test:faults`: does seeded harm to brief labs, and looks whether anything was lost in silence.
 *
 * Exit codes: 0 nothing was wrong; 1 something was; 2 the command line is wrong; 3 this machine can't run it, or the figures can't be written;
 * 130 interrupted: the labs under way are ended.
 */
const readNumber = wholeNumber(1, 999_999_999);

const command = new Command('npm run test:faults --')
  .description('Injects seeded faults into short labs, and checks that no message or file is lost.')
  .option('--count <number>', 'number of faults', readNumber, 500)
  .option('--seed <number>', 'seed of all faults', readSeed, 7)
  .option('--only <number>', 'number of the one fault to repeat, of the run with the same seed', readNumber)
  .option('--at-once <number>', 'number of labs that run at the same time', readNumber, 2)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

onInterrupt(() => process.exit(130));

beginCommand(command.name(), command.options);
process.exitCode = await main(
  command.parse().opts<{ count: number; seed: number; only?: number; atOnce: number }>(),
);

async function main({
  count,
  seed,
  only,
  atOnce,
}: {
  count: number;
  seed: number;
  only?: number;
  atOnce: number;
}) {
  const problem = (await loopbackProblem()) ?? (only === undefined ? figuresProblem() : undefined);
  if (problem) {
    console.error(problem);
    return 3;
  }
  const startedAt = new Date();
  for (const { kind, why } of missingKinds()) console.error(`skipped: ${kind}: ${why}`);
  let ended = 0;
  const onEnd = (inflicted: Inflicted) => {
    ended += 1;
    const { number, kind, says, struck, exitCode, tookMs, problems, reasons } = inflicted;
    const outcome = problems.length > 0 ? 'WRONG' : struck ? 'well' : 'well, the fault came too late';
    console.error(
      `${ended} of ${only ? 1 : count} · ${number} · ${kind}: ${says} · exit code ${exitCode}, ${(tookMs / 1000).toFixed(1)} s · ${outcome}`,
    );
    for (const { failing, sentence } of problems) console.error(`    ${failing}: ${sentence}`);
    for (const reason of reasons) console.error(`    a trial failed: ${reason}`);
    if (problems.length > 0)
      console.error(`    again: npm run test:faults -- --seed ${seed} --only ${number}`);
  };
  const inflicted = await campaign({ count, seed, only, atOnce, onEnd });
  const summary = summarise(inflicted);
  console.log(writeSummary(summary, seed));
  const failed = inflicted.some(({ problems }) => problems.length > 0);
  if (only !== undefined) return failed ? 1 : 0;
  try {
    const path = saveFigures('faults', {
      version: labVersion(),
      seed,
      count,
      startedAt: startedAt.toISOString(),
      node: process.version,
      summary,
      skipped: missingKinds(),
      faults: inflicted,
    });
    console.log(path);
  } catch (error) {
    console.error(`cannot write the numbers: ${(error as Error).message}`);
    return 3;
  }
  return failed ? 1 : 0;
}
