import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import open from 'open';
import { checkClaims } from './check/claim.ts';
import { claims } from './check/claims.ts';
import { type Experiment, type Profile, profiles } from './experiment.ts';
import { experiments } from './experiments/experiments.ts';
import { inspectEnvironment, labVersion } from './harness/environment.ts';
import { estimateMs, type LabResult, Run } from './harness/run.ts';
import { drawReport } from './report-file.ts';
import { schemaVersion } from './result.ts';
import { makeRunFolder, saveResult } from './result-file.ts';
import { writeChecks } from './terminal/checks.ts';
import { writeModelFit } from './terminal/model-fit.ts';
import { runWithProgress } from './terminal/progress.ts';
import { writeVerdicts } from './terminal/verdicts.ts';

/**
 * The lab's command: `npm run lab`. See `--help`.
 *
 * Exit codes: 0 all went well; 1 a trial failed, or with `--check` a claim of LAB.md (a verdict never
 * fails); 2 the command line is wrong; 3 this machine cannot run it; 130 interrupted, with a partial result and report written.
 */
const exitCodes = { ok: 0, failed: 1, usage: 2, environment: 3, interrupted: 130 } as const;

type Options = {
  profile: Profile;
  only?: Experiment[];
  seed: number;
  out?: string;
  json?: boolean;
  open?: boolean;
  list?: boolean;
  check?: boolean;
};

const command = new Command('npm run lab --')
  .description('Measures push against polling on this machine and writes a report.')
  .addOption(new Option('--profile <name>', 'how much to measure').choices(profiles).default('default'))
  .option('--only <ids>', 'experiments to run, separated by commas', readExperiments)
  .option('--seed <number>', 'what the messages and the phases of the polls derive from', readSeed, 45)
  .option('--out <folder>', 'where to write results.json and report.html (default: report/runs/…)')
  .option('--json', 'print the result to stdout, and nothing else there')
  .option('--open', 'open the report in a browser (default: on a terminal)')
  .option('--no-open', 'do not')
  .option('--list', 'list the experiments and end')
  .option('--check', 'also hold every claim of LAB.md against what was measured')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));

process.exitCode = await main(command.parse().opts<Options>());

async function main(options: Options): Promise<number> {
  const chosen = options.only ?? experiments;
  const startedAt = new Date();
  const { environment, machine } = await inspectEnvironment();
  const estimatesMs = chosen.map((experiment) => estimateMs(experiment, options.profile, machine));
  if (options.list) {
    chosen.forEach(({ text }, index) => {
      console.log(`${text.id.padEnd(14)} ${seconds(estimatesMs[index] ?? 0).padStart(6)}  ${text.question}`);
    });
    return exitCodes.ok;
  }

  let folder: string;
  try {
    folder = makeRunFolder(options.out, startedAt, options.profile);
  } catch (error) {
    console.error(
      `cannot write to ${options.out ?? 'report/runs'}: ${(error as Error).message}; name another folder with --out`,
    );
    return exitCodes.environment;
  }

  const result: LabResult = {
    schemaVersion,
    lab: {
      version: labVersion(),
      profile: options.profile,
      seed: options.seed,
      command: commandOf(options),
      startedAt: startedAt.toISOString(),
      durationMs: 0,
      status: 'running',
    },
    environment,
    experiments: chosen.map(({ text }) => text),
    trials: [],
    capacities: [],
    probes: [],
    fits: [],
    pairs: [],
    findings: [],
    checks: [],
  };
  const save = () => {
    result.lab.durationMs = Date.now() - startedAt.getTime();
    return saveResult(folder, result);
  };

  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
      interrupt.abort();
    });
  }

  for (const warning of environment.warnings) console.error(`! ${warning}`);
  const totalMs = estimatesMs.reduce((sum, ms) => sum + ms, 0);
  console.error(`${chosen.length} experiments, profile ${options.profile}: about ${seconds(totalMs)}.\n`);
  const run = new Run(result, machine, chosen, interrupt.signal, save);
  await runWithProgress(run, chosen);
  run.end();

  const interrupted = interrupt.signal.aborted;
  result.lab.status = interrupted ? 'interrupted' : 'complete';
  if (options.check) result.checks = checkClaims(claims, result);
  const resultPath = save();
  const reportPath = await drawReport(resultPath, join(folder, 'report.html'));
  const said = [
    writeVerdicts(result),
    writeModelFit(result),
    writeChecks(result),
    reportPath ?? resultPath,
  ].filter(Boolean);
  (options.json ? console.error : console.log)(`\n${said.join('\n\n')}`);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (interrupted) return exitCodes.interrupted;
  if (!reportPath) return exitCodes.environment;
  if (options.open ?? (process.stdout.isTTY && !options.json)) await open(reportPath);
  const failed =
    result.trials.some(({ status }) => status !== 'ok') ||
    result.checks.some(({ outcome }) => outcome === 'does not hold');
  return failed ? exitCodes.failed : exitCodes.ok;
}

function readExperiments(ids: string): Experiment[] {
  const known = experiments.map(({ text }) => text.id);
  for (const id of ids.split(','))
    if (!known.includes(id))
      throw new InvalidArgumentError(`There is no experiment "${id}". It takes ${known.join(', ')}.`);
  return experiments.filter(({ text }) => ids.split(',').includes(text.id));
}

function readSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 0 to 999999999.');
  return Number(text);
}

function commandOf({ profile, seed, only, check }: Options): string {
  const which = only ? ` --only ${only.map(({ text }) => text.id).join(',')}` : '';
  return `npm run lab -- --profile ${profile} --seed ${seed}${which}${check ? ' --check' : ''}`;
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`;
}
