import type { Command } from 'commander';
import { readSeed } from '../../../servers/commands/command.ts';
import { runCampaign } from '../campaign.ts';
import { type HealthyClient, measureHealthyClient, variants } from './healthy-client.ts';

/**
 * Adds the campaign of attacks, about seven minutes on an idle machine. It fails when a message is lost or
 * duplicated or a connection fails; latencies are only measured.
 */
export function addAttacks(robustness: Command): void {
  robustness
    .command('attacks')
    .description('Attacks every server, and measures the latency and losses of a healthy client.')
    .option('--seed <number>', 'seed of the messages', readSeed, 7)
    .action(({ seed }: { seed: number }) =>
      runCampaign('attacks', false, async () => {
        const besides: HealthyClient[] = [];
        for (const [index, variant] of variants.entries()) {
          console.error(`${index + 1}/${variants.length} ${variant.server} on ${variant.framework}`);
          besides.push(await measureHealthyClient(variant, seed));
        }
        const failures = besides
          .filter(({ lost, twice, failure }) => lost + twice > 0 || failure !== undefined)
          .map(
            ({ server, framework, lost, twice, failure }) =>
              `${server} on ${framework}: ${lost} lost, ${twice} twice, ${failure ?? 'no failure'}`,
          );
        return { figures: { seed, besides }, failures };
      }),
    );
}
