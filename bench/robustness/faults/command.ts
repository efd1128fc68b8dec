import type { Command } from 'commander';
import { onInterrupt } from '../../../servers/commands/begin.ts';
import { exitCodes, readSeed, wholeNumber } from '../../../servers/commands/command.ts';
import { runCampaign } from '../campaign.ts';
import { type Injected, injectFaults, missingKinds } from './inject.ts';
import { summarise } from './summary.ts';

const readNumber = wholeNumber(1, 999_999_999);

type Options = { count: number; seed: number; only?: number; atOnce: number };

/** Adds the campaign of faults. An interrupt ends the labs that are running. */
export function addFaults(robustness: Command): void {
  robustness
    .command('faults')
    .description('Injects seeded faults into short labs, and checks that no message or file is lost.')
    .option('--count <number>', 'number of faults', readNumber, 500)
    .option('--seed <number>', 'seed of all faults', readSeed, 7)
    .option('--only <number>', 'number of a single fault to repeat, with the same seed', readNumber)
    .option('--at-once <number>', 'number of labs that run at the same time', readNumber, 2)
    .action(({ count, seed, only, atOnce }: Options) => {
      onInterrupt(() => process.exit(exitCodes.interrupted));
      return runCampaign('faults', only !== undefined, async () => {
        const skipped = missingKinds();
        for (const { kind, why } of skipped) console.error(`skipped: ${kind}: ${why}`);
        let ended = 0;
        const onEnd = (injected: Injected) => {
          ended += 1;
          console.error(`${ended} of ${only ? 1 : count} · ${describe(injected, seed)}`);
        };
        const faults = await injectFaults({ count, seed, only, atOnce, onEnd });
        const failures = faults
          .filter(({ problems }) => problems.length > 0)
          .map((injected) => describe(injected, seed));
        return { figures: { seed, count, summary: summarise(faults), skipped, faults }, failures };
      });
    });
}

function describe(injected: Injected, seed: number): string {
  const { number, kind, says, struck, exitCode, tookMs, problems, reasons } = injected;
  const outcome = problems.length > 0 ? 'WRONG' : struck ? 'well' : 'well, the fault came too late';
  return [
    `${number} · ${kind}: ${says} · exit code ${exitCode}, ${(tookMs / 1000).toFixed(1)} s · ${outcome}`,
    ...problems.map(({ failing, sentence }) => `    ${failing}: ${sentence}`),
    ...reasons.map((reason) => `    a trial failed: ${reason}`),
    ...(problems.length > 0
      ? [`    again: npm run robustness -- faults --seed ${seed} --only ${number}`]
      : []),
  ].join('\n');
}
