import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidArgumentError, Option } from 'commander';
import { onInterrupt } from '../servers/commands/begin.ts';
import {
  command,
  exitCodeOf,
  exitCodes,
  orRefuse,
  Refusal,
  readPath,
  readSeed,
  someOf,
  wholeNumber,
} from '../servers/commands/command.ts';
import { openPage } from '../servers/commands/open-page.ts';
import { writeProblem } from '../servers/commands/problems.ts';
import { fromUsersFolder, shellQuoted } from '../servers/commands/typed.ts';
import type { Sign } from './agents/orders.ts';
import { counted } from './analysis/writing.ts';
import { findRabbit, rabbitRemedy } from './broker/node.ts';
import { Rabbit } from './broker/rabbit.ts';
import { checkClaims } from './check/claim.ts';
import { claims } from './check/claims.ts';
import { type Experiment, type Machine, type Profile, profiles } from './experiment.ts';
import { broker } from './experiments/broker.ts';
import { experiments } from './experiments/experiments.ts';
import { crowdByDefault } from './experiments/real-time/crowd.ts';
import { inspectEnvironment, labVersion } from './harness/machine/environment.ts';
import { loopbackProblem } from './harness/machine/loopback.ts';
import { estimateMs, type LabResult, Run } from './harness/run.ts';
import type { Elsewhere } from './harness/trial.ts';
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
export const labCommand = command(
  'npm run lab --',
  'Measures push against polling on this machine and writes a report.',
)
  .addOption(new Option('--profile <name>', 'scope of the measurement').choices(profiles).default('default'))
  .option('--only <ids>', 'experiments to run, separated by commas', readExperiments)
  .option('--experiment <file>', 'module that exports your own experiment')
  .option('--seed <number>', 'seed of the messages, the poll phases and the trial order', readSeed, 45)
  .option('--out <folder>', 'folder for results.json and report.html (default: report/runs/…)', readPath)
  .option('--json', 'print the result to stdout as JSON, and everything else to stderr')
  .option('--open', 'open the report in a browser (default: on a terminal)')
  .option('--no-open', 'do not open the report')
  .option('--list', 'list the experiments with their durations, and exit')
  .option(
    '--broker <where>',
    'RabbitMQ for the experiment "broker": "start" for a new node, or amqp://name:password@host:port[?mqtt=1883&stomp=61613]',
    readBrokerOrStart,
  )
  .option(
    '--agents <number>',
    'number of load-generator agents ("npm run agent") that share the clients; needs --broker amqp://…',
    wholeNumber(1, 99),
  )
  .option(
    '--server-host <address>',
    'address of this machine to which agents connect',
    readServerHost,
    '127.0.0.1',
  )
  .option(
    '--servers <number>',
    'number of server processes that share one source in RabbitMQ (at most one per agent)',
    wholeNumber(1, 99),
  )
  .option('--check', 'check every claim of LAB.md against the result')
  .option('--verbose', 'print every verdict in full and the model fit at the end');

/** Does what the options say. Returns the exit code. */
export function lab(options: Options): Promise<number> {
  return exitCodeOf(async () => {
    const started = { at: new Date(), ms: performance.now() };
    refuseContradictions(options);
    const own = await ownExperiments(options);
    const { environment, machine } = await inspectEnvironment();
    if (options.list) return list([...(options.only ?? experiments), ...own], options, machine);
    await refuseWithoutLoopback();

    const { chosen, rabbit, skipped } = chooseExperiments(options, own);
    environment.warnings.push(...warningsOf(options, machine), ...skipped);
    const record = new RunRecord(options, started, environment, chosen);
    onInterrupt(() => record.interrupt.abort());
    const brokerProblem = await measure(record, options, chosen, machine, rabbit);
    judge(record, options, brokerProblem);

    const { resultPath, reportPath } = await draw(record);
    print(record.result, options, reportPath ?? resultPath ?? record.folder);
    if (record.unsaved) throw cannotSave(record.folder, record.unsaved);
    if (record.interrupt.signal.aborted) return exitCodes.interrupted;
    if (brokerProblem) throw new Refusal(brokerProblem, exitCodes.environment);
    if (!reportPath) return exitCodes.environment;
    if (options.open ?? (process.stdout.isTTY && !options.json)) await openPage(reportPath);
    return hasFailed(record.result) ? exitCodes.failed : exitCodes.ok;
  });
}

function refuseContradictions({ broker: where, agents = 0, servers = 0 }: Options): void {
  if (agents > 0 && (where === undefined || where === 'start'))
    throw new Refusal(
      'Missing --broker: expected amqp://…, the broker of the agents. Try --broker amqp://… --agents 2.',
      exitCodes.usage,
    );
  if (servers > agents)
    throw new Refusal(
      `Invalid --servers "${servers}": expected at most the number of agents. Try a larger --agents.`,
      exitCodes.usage,
    );
}

/** The experiment of the user's own module, if one was named. */
async function ownExperiments({ experiment: file }: Options): Promise<Experiment[]> {
  if (file === undefined) return [];
  try {
    return [await ownExperiment(file)];
  } catch (error) {
    throw new Refusal(`Invalid --experiment: ${(error as Error).message}`, exitCodes.usage);
  }
}

function list(listed: readonly Experiment[], { profile }: Options, machine: Machine): number {
  for (const experiment of listed) {
    const { id, question } = experiment.text;
    const takes = seconds(estimateMs(experiment, profile, machine));
    console.log(`${id.padEnd(14)} ${takes.padStart(6)}  ${question}`);
  }
  return exitCodes.ok;
}

async function refuseWithoutLoopback(): Promise<void> {
  const problem = await loopbackProblem();
  if (problem) throw new Refusal(problem, exitCodes.environment);
}

function warningsOf({ profile }: Options, { clientsMax }: Machine): string[] {
  if (profile !== 'full' || clientsMax >= crowdByDefault) return [];
  return [
    `This machine allows ${clientsMax} clients per process (open files, ports and memory), so the largest crowd is smaller. Try "ulimit -n 20000".`,
  ];
}

/** The result of a run, and its place on the disk. */
class RunRecord {
  readonly result: LabResult;
  readonly folder: string;
  /** Aborted by Ctrl-C, and when the result can't be saved: what can't be saved is not worth measuring. */
  readonly interrupt = new AbortController();
  /** Why the result can't be saved. */
  unsaved: Error | undefined;
  readonly #startedMs: number;
  #isShown = false;

  constructor(
    options: Options,
    started: { at: Date; ms: number },
    environment: LabResult['environment'],
    chosen: readonly Experiment[],
  ) {
    const { out, profile, seed } = options;
    this.#startedMs = started.ms;
    this.folder = orRefuse(
      exitCodes.environment,
      (error) => writeProblem(out ?? 'report/runs', error, remedy),
      () => makeRunFolder(out, started.at, profile),
    );
    this.result = {
      schemaVersion,
      lab: {
        version: labVersion(),
        profile,
        seed,
        command: commandOf(options),
        startedAt: started.at.toISOString(),
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
  }

  /** Returns the path of the saved result; `undefined` where it can't be saved. */
  save(): string | undefined {
    this.result.lab.durationMs = Math.round(performance.now() - this.#startedMs);
    try {
      const path = saveResult(this.folder, this.result);
      if (!this.#isShown) show(this.folder);
      this.#isShown = true;
      return path;
    } catch (error) {
      this.unsaved ??= error as Error;
      this.interrupt.abort();
      return undefined;
    }
  }
}

/** Runs the experiments. Returns why a broker could not be used, if one was needed and couldn't. */
async function measure(
  record: RunRecord,
  options: Options,
  chosen: readonly Experiment[],
  machine: Machine,
  rabbit: Rabbit | undefined,
): Promise<string | undefined> {
  const { result, interrupt } = record;
  const { environment } = result;
  for (const warning of environment.warnings) console.error(`! ${warning}`);
  const { elsewhere, refusal: refused } = await gatherAgents(options, interrupt.signal);
  if (elsewhere) environment.agents = elsewhere.agents.introductions.map(asMachine);
  const save = () => record.save();
  const run = new Run(result, machine, chosen, interrupt.signal, save, { rabbit, elsewhere });
  // A broker that can't be used is found out before the minutes that everything else takes.
  const refusal = refused ?? (rabbit?.startsOwn ? undefined : await rabbit?.problem());
  if (refusal) environment.warnings.push(`${refusal}.`);
  else {
    const estimatesMs = chosen.map((experiment) => estimateMs(experiment, options.profile, machine, rabbit));
    const totalMs = estimatesMs.reduce((sum, ms) => sum + ms, 0);
    console.error(
      `${counted(chosen.length, 'experiment')}, profile ${options.profile}: about ${seconds(totalMs)}.\n`,
    );
    await runWithProgress(chosen, (experiment, onStep) => run.experiment(experiment, onStep));
  }
  run.end();
  await elsewhere?.agents.close();
  await elsewhere?.servers?.leave();
  await rabbit?.close();
  if (elsewhere?.agents.problem) environment.warnings.push(`${elsewhere.agents.problem}.`);
  return refusal ?? run.brokerProblem;
}

/** Completes the result: its status, the checks of LAB.md's claims, and a warning about the lab's own CPU. */
function judge(
  { result, interrupt }: RunRecord,
  { check }: Options,
  brokerProblem: string | undefined,
): void {
  result.lab.status = interrupt.signal.aborted || brokerProblem ? 'interrupted' : 'complete';
  if (check) result.checks = checkClaims(claims, result);
  const ownShare = result.lab.coordinatorCpuShare ?? 0;
  if (ownShare > ownShareMax)
    result.environment.warnings.push(
      `The lab’s own process used ${(ownShare * 100).toFixed(1)}% of a core during the trials (limit: ${ownShareMax * 100}%). This load distorts CPU costs and latencies.`,
    );
}

/** Saves the result and draws the report. A path is `undefined` where its file couldn't be written. */
async function draw(record: RunRecord): Promise<{ resultPath?: string; reportPath?: string }> {
  const resultPath = record.save();
  if (resultPath === undefined) return {};
  return { resultPath, reportPath: await drawReport(resultPath, join(record.folder, 'report.html')) };
}

function print(result: LabResult, { verbose, json }: Options, path: string): void {
  const parts = [
    verbose && writeModelFit(result),
    writeChecks(result),
    writeSummary(result, pathToFileURL(path).href, verbose),
  ].filter(Boolean);
  (json ? console.error : console.log)(`\n${parts.join('\n\n')}`);
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
}

function hasFailed({ trials, findings, checks }: LabResult): boolean {
  return (
    trials.some(({ status }) => status !== 'ok') ||
    findings.some(({ error }) => error !== undefined) ||
    checks.some(({ outcome }) => outcome === 'does not hold')
  );
}

function cannotSave(folder: string, error: Error): Refusal {
  return new Refusal(writeProblem(folder, error, remedy), exitCodes.environment);
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
  { only, broker: where }: Options,
  own: readonly Experiment[],
): { chosen: readonly Experiment[]; rabbit?: Rabbit; skipped: string[] } {
  const chosen = [...(only ?? (own.length > 0 ? [] : experiments)), ...own];
  if (!chosen.includes(broker)) return { chosen, skipped: [] };
  if (where && (where !== 'start' || findRabbit())) return { chosen, rabbit: new Rabbit(where), skipped: [] };
  const why = where
    ? `found no RabbitMQ: ${rabbitRemedy}`
    : "start RabbitMQ with --broker start (needs Debian's package rabbitmq-server), or use a running RabbitMQ with --broker amqp://…";
  return {
    chosen: only ? chosen : chosen.filter((experiment) => experiment !== broker),
    skipped: [`The experiment “broker” was skipped: ${why}.`],
  };
}

/** The experiment that a module exports. Throws an `Error` that says what is missing. */
async function ownExperiment(file: string): Promise<Experiment> {
  const path = fromUsersFolder(file);
  if (!existsSync(path)) throw new Error(`found no file ${file}: check the path`);
  const found = Object.values(await import(pathToFileURL(path).href)) as Partial<Experiment>[];
  const [experiment, ...others] = found.filter((one) => typeof one?.plan === 'function');
  if (!experiment || others.length > 0)
    throw new Error(
      `expected one exported experiment in ${file}, found ${others.length + (experiment ? 1 : 0)}`,
    );
  return experiment as Experiment;
}

function readBrokerOrStart(where: string): string {
  try {
    new Rabbit(where);
    return where;
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}, or start`);
  }
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
