import { exitCodes } from '../../servers/commands/command.ts';
import { figuresProblem, type RunName, saveFigures } from '../figures/results-folder.ts';
import { inspectEnvironment, labVersion } from '../harness/machine/environment.ts';
import { loopbackProblem } from '../harness/machine/loopback.ts';
import { type Ran, tablesOf } from './tables.ts';

/** Results of a campaign: the numbers to save, and one text for each failure. */
export type Campaign = { figures: object; failures: string[] };

/**
 * Runs a campaign, prints its table to stdout and its failures to stderr, and saves its numbers as `results/<name>.json`.
 * A partial campaign saves nothing. Sets the exit code of the process.
 */
export async function runCampaign(
  name: RunName,
  isPartial: boolean,
  run: (cores: number) => Promise<Campaign>,
): Promise<void> {
  process.exitCode = await exitCodeOf(name, isPartial, run);
}

async function exitCodeOf(...[name, isPartial, run]: Parameters<typeof runCampaign>): Promise<number> {
  // Checked before the minutes that a campaign takes.
  const problem = (await loopbackProblem()) ?? (isPartial ? undefined : figuresProblem());
  if (problem) {
    console.error(problem);
    return exitCodes.environment;
  }
  const startedAt = new Date();
  const { node, cpu, cores, commit, warnings } = (await inspectEnvironment()).environment;
  for (const warning of warnings) console.error(`! ${warning}`);
  const { figures, failures } = await run(cores);
  const ran: Ran = {
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...{ version: labVersion(), node, cpu, cores, commit },
    ...figures,
  };
  console.log(tablesOf[name](ran as never));
  for (const failure of failures) console.error(`\n${failure}`);
  try {
    if (!isPartial) console.error(`\n${saveFigures(name, ran)}`);
  } catch (error) {
    console.error(`cannot write the numbers: ${(error as Error).message}`);
    return exitCodes.environment;
  }
  return failures.length > 0 ? exitCodes.failed : exitCodes.ok;
}
