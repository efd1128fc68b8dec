import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import open from 'open';
import type { Sign } from './agents/orders.ts';
import { checkClaims } from './check/claim.ts';
import { claims } from './check/claims.ts';
import { type Experiment, type Profile, profiles } from './experiment.ts';
import { broker } from './experiments/broker.ts';
import { experiments } from './experiments/experiments.ts';
import { Rabbit } from './harness/broker/rabbit.ts';
import { findRabbit, rabbitRemedy } from './harness/broker-node.ts';
import { inspectEnvironment, labVersion } from './harness/environment.ts';
import { estimateMs, type LabResult, Run } from './harness/run.ts';
import type { Elsewhere } from './harness/trial.ts';
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
  broker?: string;
  agents?: number;
  serverHost: string;
  check?: boolean;
};

/** The command line, for `main` and for those who try it. */
export const labCommand = new Command('npm run lab --')
  .description('Measures push against polling on this machine and writes a report.')
  .addOption(new Option('--profile <name>', 'how much to measure').choices(profiles).default('default'))
  .option('--only <ids>', 'experiments to run, separated by commas', readExperiments)
  .option('--seed <number>', 'what the messages and the phases of the polls derive from', readSeed, 45)
  .option('--out <folder>', 'where to write results.json and report.html (default: report/runs/…)')
  .option('--json', 'print the result to stdout, and nothing else there')
  .option('--open', 'open the report in a browser (default: on a terminal)')
  .option('--no-open', 'do not')
  .option('--list', 'list the experiments and end')
  .option(
    '--broker <where>',
    'a RabbitMQ for the experiment "broker": start one, or amqp://name:password@host:port[?mqtt=1883&stomp=61613]',
  )
  .option(
    '--agents <number>',
    'divide the clients among so many agents ("npm run agent"), found at the broker',
    readAgents,
  )
  .option(
    '--server-host <address>',
    'the address of this machine at which agents find its servers',
    readServerHost,
    '127.0.0.1',
  )
  .option('--check', 'also hold every claim of LAB.md against what was measured')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = await main(labCommand.parse().opts<Options>());

async function main(options: Options): Promise<number> {
  const startedAt = new Date();
  let wanted: Rabbit | undefined;
  try {
    wanted = options.broker === undefined ? undefined : new Rabbit(options.broker);
  } catch (error) {
    console.error(`--broker: ${(error as Error).message}, or start`);
    return exitCodes.usage;
  }
  if (options.agents !== undefined && (wanted === undefined || wanted.startsOwn)) {
    console.error('--agents: it takes --broker amqp://… as well, the one at which the agents are');
    return exitCodes.usage;
  }
  const { environment, machine } = await inspectEnvironment();
  if (options.list) {
    for (const experiment of options.only ?? experiments) {
      const { id, question } = experiment.text;
      const takes = seconds(estimateMs(experiment, options.profile, machine));
      console.log(`${id.padEnd(14)} ${takes.padStart(6)}  ${question}`);
    }
    return exitCodes.ok;
  }
  const { chosen, rabbit, skipped } = chooseExperiments(options, wanted);
  environment.warnings.push(...skipped);

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
  const gathered = await gatherAgents(options, interrupt.signal);
  const { elsewhere } = gathered;
  if (elsewhere) environment.agents = elsewhere.agents.introductions.map(asMachine);
  const run = new Run(result, machine, chosen, interrupt.signal, save, { rabbit, elsewhere });
  // A broker that can't be used is found out before the minutes that everything else takes.
  const refusal = gathered.refusal ?? (rabbit?.startsOwn ? undefined : await rabbit?.problem());
  if (refusal) environment.warnings.push(`${refusal}.`);
  else {
    const estimatesMs = chosen.map((experiment) => estimateMs(experiment, options.profile, machine, rabbit));
    const totalMs = estimatesMs.reduce((sum, ms) => sum + ms, 0);
    console.error(`${chosen.length} experiments, profile ${options.profile}: about ${seconds(totalMs)}.\n`);
    await runWithProgress(run, chosen);
  }
  run.end();
  await elsewhere?.agents.close();
  await rabbit?.close();

  const interrupted = interrupt.signal.aborted;
  const lost = elsewhere?.agents.problem;
  if (lost) environment.warnings.push(`${lost}.`);
  result.lab.status = interrupted || refusal || lost ? 'interrupted' : 'complete';
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
  const brokerProblem = refusal ?? run.brokerProblem;
  if (brokerProblem) {
    console.error(brokerProblem);
    return exitCodes.environment;
  }
  if (!reportPath) return exitCodes.environment;
  if (options.open ?? (process.stdout.isTTY && !options.json)) await open(reportPath);
  const failed =
    result.trials.some(({ status }) => status !== 'ok') ||
    result.checks.some(({ outcome }) => outcome === 'does not hold');
  return failed ? exitCodes.failed : exitCodes.ok;
}

/**
 * The experiments to run, and the RabbitMQ for the one that needs it. Without a RabbitMQ that one is left out
 * of a run of everything, and not measured where it was asked for by name: `skipped` says so, and what to do.
 */
function chooseExperiments(
  { only }: Options,
  wanted: Rabbit | undefined,
): { chosen: readonly Experiment[]; rabbit?: Rabbit; skipped: string[] } {
  const chosen = only ?? experiments;
  if (!chosen.includes(broker)) return { chosen, skipped: [] };
  if (wanted && (!wanted.startsOwn || findRabbit())) return { chosen, rabbit: wanted, skipped: [] };
  const why = wanted
    ? `there is no RabbitMQ here: ${rabbitRemedy}`
    : "start one with --broker start (it needs Debian's package rabbitmq-server), or name one with --broker amqp://…";
  return {
    chosen: only ? chosen : chosen.filter((experiment) => experiment !== broker),
    skipped: [`The experiment “broker” was left out: ${why}.`],
  };
}

function readExperiments(ids: string): Experiment[] {
  const known = experiments.map(({ text }) => text.id);
  for (const id of ids.split(','))
    if (!known.includes(id))
      throw new InvalidArgumentError(`There is no experiment "${id}". It takes ${known.join(', ')}.`);
  return experiments.filter(({ text }) => ids.split(',').includes(text.id));
}

/** The agents that the clients are divided among; or why there are none although they were asked for. */
async function gatherAgents(
  { broker: url, agents: count, serverHost }: Options,
  signal: AbortSignal,
): Promise<{ elsewhere?: Elsewhere; refusal?: string }> {
  if (count === undefined || url === undefined) return {};
  console.error(`Waiting for ${count} agents: start each with npm run agent -- --broker amqp://…`);
  // A large library, which a run without agents has no use for.
  const { Agents } = await import('./agents/agents.ts');
  try {
    const agents = await Agents.gather({ url, count, signal, onNews: console.error });
    return { elsewhere: { agents, serverHost } };
  } catch (error) {
    return { refusal: (error as Error).message };
  }
}

function asMachine({ agent, node, os, cpu, cores, memoryBytes }: Sign) {
  return { agent, node, os, cpu, cores, memoryBytes };
}

function readAgents(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 1 to 99.');
  return Number(text);
}

function readServerHost(text: string): string {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  if (!own.includes(text))
    throw new InvalidArgumentError(
      `"${text}" is no address of this machine. It takes one of ${own.join(', ')}.`,
    );
  return text;
}

function readSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 0 to 999999999.');
  return Number(text);
}

function commandOf({ profile, seed, only, broker: where, agents, serverHost, check }: Options): string {
  const which = only ? ` --only ${only.map(({ text }) => text.id).join(',')}` : '';
  const at = where ? ` --broker ${where === 'start' ? where : withoutLogin(where)}` : '';
  const among = agents ? ` --agents ${agents} --server-host ${serverHost}` : '';
  return `npm run lab -- --profile ${profile} --seed ${seed}${which}${at}${among}${check ? ' --check' : ''}`;
}

/** The address of a broker for others to read. */
function withoutLogin(text: string): string {
  const url = new URL(text);
  url.username = 'NAME';
  url.password = 'PASSWORD';
  return url.href;
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`;
}
