import { type Command, InvalidArgumentError } from 'commander';
import { readSeed } from '../../../servers/commands/command.ts';
import { runCampaign } from '../campaign.ts';
import { failuresOf, soak } from './soak.ts';

type Options = { minutes: number; seed: number };

/** Adds the soak test. It fails when memory grows, handles or listeners leak, or a client's accounting has an error. */
export function addSoak(robustness: Command): void {
  robustness
    .command('soak')
    .description('Connects and disconnects clients at every server, and checks for leaks.')
    .option('--minutes <number>', 'minutes to run, from 0.1 to 1440', readMinutes, 10)
    .option('--seed <number>', 'seed of all joins, sleeps and overloads', readSeed, 7)
    .action(({ minutes, seed }: Options) =>
      runCampaign('soak', false, async () => {
        let printedAtMs = 0;
        const figures = await soak({
          durationMs: minutes * 60_000,
          seed,
          seatsPerGroup: 5,
          sampleEveryMs: Math.min(2000, minutes * 600),
          onSample({ atMs, memoryBytes, connections, dropped, evicted }, { joins, sleeps, overloads }) {
            if (atMs - printedAtMs < 10_000) return;
            printedAtMs = atMs;
            console.error(
              `${(atMs / 60_000).toFixed(1)} of ${minutes} min · ${(memoryBytes / 2 ** 20).toFixed(1)} MiB in use, ${connections} connections · ${joins} joins, ${sleeps} sleeps, ${overloads} overloads · ${dropped} dropped, ${evicted} evicted`,
            );
          },
        });
        return { figures, failures: failuresOf(figures) };
      }),
    );
}

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (minutes >= 0.1 && minutes <= 1440) return minutes;
  throw new InvalidArgumentError('Expected a number of minutes from 0.1 to 1440.');
}
