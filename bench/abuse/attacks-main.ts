import { Command } from 'commander';
import { beginCommand } from '../../servers/commands/begin.ts';
import { figuresProblem, saveFigures } from '../figures/results-folder.ts';
import { inspectEnvironment } from '../harness/environment.ts';
import { loopbackProblem } from '../harness/loopback.ts';
import { readSeed } from '../option-readers.ts';
import { type Beside, measureBeside, variants } from './beside.ts';
import { type AttackFigures, attackTable } from './figures.ts';

/**
 * What a healthy client notices of attacks: `npm run test:attacks`. Some seven minutes on a machine that does
 * nothing else. The figures go to a file, the table to stdout.
 *
 * Exit codes: 0 every message came once; 1 one did not, or a connection failed; 2 the command line is wrong; 3 this
 * machine can't run it, or the file can't be written. How old messages were is a figure, and fails nothing.
 */
const command = new Command('npm run test:attacks --')
  .description('Attacks every server, and measures the latency and losses of a healthy client.')
  .option('--seed <number>', 'seed of the messages', readSeed, 7)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

beginCommand(command.name(), command.options);
process.exit(await main(command.parse().opts<{ seed: number }>()));

async function main({ seed }: { seed: number }): Promise<number> {
  const problem = (await loopbackProblem()) ?? figuresProblem();
  if (problem) {
    console.error(problem);
    return 3;
  }
  const startedAt = new Date();
  const { environment } = await inspectEnvironment();
  for (const warning of environment.warnings) console.error(`! ${warning}`);
  const besides: Beside[] = [];
  for (const [index, variant] of variants.entries()) {
    console.error(`${index + 1}/${variants.length} ${variant.server} on ${variant.framework}`);
    besides.push(await measureBeside(variant, seed));
  }
  const { node, cpu, cores, commit } = environment;
  const figures: AttackFigures = {
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...{ node, cpu, cores, commit, seed, besides },
  };
  console.log(attackTable(figures));
  const harmed = besides.filter(({ lost, twice, failure }) => lost + twice > 0 || failure !== undefined);
  for (const { server, framework, lost, twice, failure } of harmed)
    console.error(`\n${server} on ${framework}: ${lost} lost, ${twice} twice, ${failure ?? 'no failure'}`);
  try {
    console.error(`\n${saveFigures('attacks', figures)}`);
  } catch (error) {
    console.error(`cannot write the numbers: ${(error as Error).message}`);
    return 3;
  }
  return harmed.length > 0 ? 1 : 0;
}
