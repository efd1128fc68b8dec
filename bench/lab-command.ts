import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { onInterrupt } from '../servers/commands/begin.ts';
import { openPage } from '../servers/commands/open-page.ts';
import { writeProblem } from '../servers/commands/problems.ts';
import { fromUsersFolder, shellQuoted } from '../servers/commands/typed.ts';
import type { Sign } from './agents/orders.ts';
import { counted } from './analysis/writing.ts';
import { findRabbit, rabbitRemedy } from './broker/node.ts';
import { Rabbit } from './broker/rabbit.ts';
import { checkClaims } from './check/claim.ts';
import { claims } from './check/claims.ts';
import { type Experiment, type Profile, profiles } from './experiment.ts';
import { broker } from './experiments/broker.ts';
import { crowdByDefault } from './experiments/crowd.ts';
import { experiments } from './experiments/experiments.ts';
import { inspectEnvironment, labVersion } from './harness/environment.ts';
import { loopbackProblem } from './harness/loopback.ts';
import { estimateMs, type LabResult, Run } from './harness/run.ts';
import type { Elsewhere } from './harness/trial.ts';
import { readSeed, someOf, wholeNumber } from './option-readers.ts';
import { drawReport } from './report-file.ts';
import { schemaVersion } from './result.ts';
import { makeRunFolder, saveResult, showAsLatest } from './result-file.ts';
import { writeChecks } from './terminal/checks.ts';
import { writeModelFit } from './terminal/model-fit.ts';
import { runWithProgress } from './terminal/progress.ts';
import { writeSummary } from './terminal/summary.ts';

/**
 * The lab's command: `npm run lab`. See `--help`.
 *
 * Exit codes: 0 all went well; 1 a trial failed, an experiment's code has an error, or with `--check` a claim of
 * LAB.md failed (a verdict never fails); 2 the command line is wrong; 3 this machine cannot run it; 130 interrupted, with a partial result and report written.
 */
const exitCodes = { ok: 0, failed: 1, usage: 2, environment: 3, interrupted: 130 } as const;

/** What the lab's own process may take of a core while trials run. */
const ownShareMax = 0.03;

type Options = {
  profile: Profile;
  only?: Experiment[];
  experiment?: string;
  seed: number;
  out?: string;
  json?: boolean;
  open?: boolean;
  list?: boolean;
  broker?: string;
  agents?: number;
  serverHost: string;
  servers?: number;
  check?: boolean;
  verbose?: boolean;
};

/** The command line. */
export const labCommand = new Command('npm run lab --')
  .description('Measures push against polling on this machine and writes a report.')
  .addOption(new Option('--profile <name>', 'scope of the measurement').choices(profiles).default('default'))
  .option('--only <ids>', 'experiments to run, separated by commas', readExperiments)
  .option('--experiment <file>', 'module that exports your own experiment')
  .option('--seed <number>', 'seed of the messages, the poll phases and the trial order', readSeed, 45)
  .option('--out <folder>', 'folder for results.json and report.html (default: report/runs/…)', (folder) =>
    fromUsersFolder(folder),
  )
  .option('--json', 'print the result to stdout as JSON, and everything else to stderr')
  .option('--open', 'open the report in a browser (default: on a terminal)')
  .option('--no-open', 'do not open the report')
  .option('--list', 'list the experiments with their durations, and exit')
  .option(
    '--broker <where>',
    'RabbitMQ for the experiment "broker": "start" for a new node, or amqp://name:password@host:port[?mqtt=1883&stomp=61613]',
  )
  .option(
    '--agents <number>',
    'number of load-generator agents ("npm run agent") that share the clients; needs --broker amqp://…',
    wholeNumber(1, 99),
  )
  .option(
    '--server-host <address>',
    'address of this machine at which agents reach its servers',
    readServerHost,
    '127.0.0.1',
  )
  .option(
    '--servers <number>',
    'number of server processes that share one source at the broker, at most one for each agent',
    wholeNumber(1, 99),
  )
  .option('--check', 'check every claim of LAB.md against the result')
  .option('--verbose', 'at the end, print every verdict in full and the model fit')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));

/** Does what the options say. Returns the exit code. */
export async function lab(options: Options): Promise<number> {
  const startedAt = new Date();
  const startedMs = performance.now();
  let wanted: Rabbit | undefined;
  try {
    wanted = options.broker === undefined ? undefined : new Rabbit(options.broker);
  } catch (error) {
    console.error(`Invalid --broker: ${(error as Error).message}, or start`);
    return exitCodes.usage;
  }
  if (options.agents !== undefined && (wanted === undefined || wanted.startsOwn)) {
    console.error(
      'Missing --broker: expected amqp://…, the broker of the agents. Try --broker amqp://… --agents 2.',
    );
    return exitCodes.usage;
  }
  let own: Experiment[];
  try {
    own = options.experiment === undefined ? [] : [await ownExperiment(options.experiment)];
  } catch (error) {
    console.error(`Invalid --experiment: ${(error as Error).message}`);
    return exitCodes.usage;
  }
  if (options.servers !== undefined && options.servers > (options.agents ?? 0)) {
    console.error(
      `Invalid --servers "${options.servers}": expected at most the number of agents. Try a larger --agents.`,
    );
    return exitCodes.usage;
  }
  const { environment, machine } = await inspectEnvironment();
  if (options.profile === 'full' && machine.clientsMax < crowdByDefault)
    environment.warnings.push(
      `This machine allows ${machine.clientsMax} clients per process (open files, ports and memory), so the largest crowd is smaller. Try "ulimit -n 20000".`,
    );
  if (options.list) {
    for (const experiment of [...(options.only ?? experiments), ...own]) {
      const { id, question } = experiment.text;
      const takes = seconds(estimateMs(experiment, options.profile, machine));
      console.log(`${id.padEnd(14)} ${takes.padStart(6)}  ${question}`);
    }
    return exitCodes.ok;
  }
  const noLoopback = await loopbackProblem();
  if (noLoopback) {
    console.error(noLoopback);
    return exitCodes.environment;
  }
  const { chosen, rabbit, skipped } = chooseExperiments(options, own, wanted);
  environment.warnings.push(...skipped);

  let folder: string;
  try {
    folder = makeRunFolder(options.out, startedAt, options.profile);
  } catch (error) {
    console.error(writeProblem(options.out ?? 'report/runs', error as Error, remedy));
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
    figures: [],
    findings: [],
    checks: [],
  };
  const interrupt = new AbortController();
  let unsaved: Error | undefined;
  let isShown = false;
  /** What can't be saved is not worth measuring. Returns where it is, or would be. */
  const save = () => {
    result.lab.durationMs = Math.round(performance.now() - startedMs);
    try {
      const path = saveResult(folder, result);
      if (!isShown) show(folder);
      isShown = true;
      return path;
    } catch (error) {
      unsaved ??= error as Error;
      interrupt.abort();
      return undefined;
    }
  };
  onInterrupt(() => interrupt.abort());

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
    console.error(
      `${counted(chosen.length, 'experiment')}, profile ${options.profile}: about ${seconds(totalMs)}.\n`,
    );
    await runWithProgress(run, chosen);
  }
  run.end();
  await elsewhere?.agents.close();
  await elsewhere?.servers?.leave();
  await rabbit?.close();

  const interrupted = interrupt.signal.aborted;
  const agentsProblem = elsewhere?.agents.problem;
  if (agentsProblem) environment.warnings.push(`${agentsProblem}.`);
  const brokerProblem = refusal ?? run.brokerProblem;
  result.lab.status = interrupted || brokerProblem ? 'interrupted' : 'complete';
  if (options.check) result.checks = checkClaims(claims, result);
  const ownShare = result.lab.coordinatorCpuShare ?? 0;
  if (ownShare > ownShareMax)
    environment.warnings.push(
      `The lab’s own process used ${(ownShare * 100).toFixed(1)}% of a core during the trials, more than ${ownShareMax * 100}%: it distorts CPU costs and latencies.`,
    );
  const resultPath = save();
  const reportPath = resultPath && (await drawReport(resultPath, join(folder, 'report.html')));
  const page = pathToFileURL(reportPath ?? resultPath ?? folder).href;
  const parts = [
    options.verbose && writeModelFit(result),
    writeChecks(result),
    writeSummary(result, page, options.verbose),
  ].filter(Boolean);
  (options.json ? console.error : console.log)(`\n${parts.join('\n\n')}`);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (unsaved) {
    console.error(writeProblem(folder, unsaved, remedy));
    return exitCodes.environment;
  }
  if (interrupted) return exitCodes.interrupted;
  if (brokerProblem) {
    console.error(brokerProblem);
    return exitCodes.environment;
  }
  if (!reportPath) return exitCodes.environment;
  if (options.open ?? (process.stdout.isTTY && !options.json)) await openPage(reportPath);
  const failed =
    result.trials.some(({ status }) => status !== 'ok') ||
    result.findings.some(({ error }) => error !== undefined) ||
    result.checks.some(({ outcome }) => outcome === 'does not hold');
  return failed ? exitCodes.failed : exitCodes.ok;
}

/** Points `report/runs/latest` to a run. Without it the run is whole. */
function show(folder: string): void {
  try {
    showAsLatest(folder);
  } catch (error) {
    console.error(`! report/runs/latest does not point to this run: ${(error as Error).message}`);
  }
}

const remedy = 'choose another folder with --out';

/**
 * The experiments to run, and the RabbitMQ for the one that needs it. Without a RabbitMQ that one is left out
 * of a run of everything, and not measured where it was asked for by name: `skipped` says so, and what to do.
 * Somebody's own experiment is run after those that were named, or alone.
 */
function chooseExperiments(
  { only }: Options,
  own: readonly Experiment[],
  wanted: Rabbit | undefined,
): { chosen: readonly Experiment[]; rabbit?: Rabbit; skipped: string[] } {
  const chosen = [...(only ?? (own.length > 0 ? [] : experiments)), ...own];
  if (!chosen.includes(broker)) return { chosen, skipped: [] };
  if (wanted && (!wanted.startsOwn || findRabbit())) return { chosen, rabbit: wanted, skipped: [] };
  const why = wanted
    ? `found no RabbitMQ: ${rabbitRemedy}`
    : "start one with --broker start (it needs Debian's package rabbitmq-server), or use another with --broker amqp://…";
  return {
    chosen: only ? chosen : chosen.filter((experiment) => experiment !== broker),
    skipped: [`The experiment “broker” was left out: ${why}.`],
  };
}

/** The experiment that a module exports. Throws an `Error` that says what is missing. */
async function ownExperiment(file: string): Promise<Experiment> {
  const path = fromUsersFolder(file);
  if (!existsSync(path)) throw new Error(`found no file ${file}`);
  const found = Object.values(await import(pathToFileURL(path).href)) as Partial<Experiment>[];
  const [experiment, ...others] = found.filter((one) => typeof one?.plan === 'function');
  if (!experiment || others.length > 0)
    throw new Error(
      `expected one exported experiment in ${file}, found ${others.length + (experiment ? 1 : 0)}`,
    );
  return experiment as Experiment;
}

function readExperiments(ids: string): Experiment[] {
  const wanted = someOf(experiments.map(({ text }) => text.id))(ids);
  return experiments.filter(({ text }) => wanted.includes(text.id));
}

/** The agents that the clients are divided among; or why there are none although they were asked for. */
async function gatherAgents(
  { broker: url, agents: count, serverHost, servers: serverCount }: Options,
  signal: AbortSignal,
): Promise<{ elsewhere?: Elsewhere; refusal?: string }> {
  if (count === undefined || url === undefined) return {};
  console.error(`Waiting for ${count} agents: start each with npm run agent -- --broker amqp://…`);
  // A large library, which a run without agents has no use for.
  const { Agents } = await import('./agents/agents.ts');
  try {
    const agents = await Agents.gather({ url, count, signal, onNews: console.error });
    if (serverCount === undefined) return { elsewhere: { agents, serverHost } };
    const { SharedServers } = await import('./agents/shared-servers.ts');
    return { elsewhere: { agents, serverHost, servers: new SharedServers({ url, count: serverCount }) } };
  } catch (error) {
    return { refusal: (error as Error).message };
  }
}

function asMachine({ agent, node, os, cpu, cores, memoryBytes }: Sign) {
  return { agent, node, os, cpu, cores, memoryBytes };
}

function readServerHost(text: string): string {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  if (!own.includes(text))
    throw new InvalidArgumentError(`Expected an address of this machine: ${own.join(', ')}.`);
  return text;
}

/** What to type to run the lab again in the same way. */
export function commandOf({
  profile,
  seed,
  only,
  experiment,
  broker: where,
  agents,
  serverHost,
  servers,
  check,
}: Options): string {
  const which = only ? ` --only ${only.map(({ text }) => text.id).join(',')}` : '';
  const own = experiment ? ` --experiment ${shellQuoted(experiment)}` : '';
  const at = where ? ` --broker ${where === 'start' ? where : shellQuoted(withoutLogin(where))}` : '';
  const on = servers ? ` --servers ${servers}` : '';
  const among = agents ? ` --agents ${agents} --server-host ${serverHost}${on}` : '';
  return `npm run lab -- --profile ${profile} --seed ${seed}${which}${own}${at}${among}${check ? ' --check' : ''}`;
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
