import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option } from 'commander';
import { onInterrupt } from '../../servers/commands/begin.ts';
import {
  begin,
  command,
  exitCodeOf,
  exitCodes,
  orRefuse,
  Refusal,
  readPath,
  someOf,
  wholeNumber,
} from '../../servers/commands/command.ts';
import { openPage } from '../../servers/commands/open-page.ts';
import { writeProblem } from '../../servers/commands/problems.ts';
import { fromUsersFolder, shellQuoted } from '../../servers/commands/typed.ts';
import {
  describeLimit,
  describeTarget,
  outcomes,
  type Peers,
  parsePeers,
  peersSchema,
  range,
  regressions,
} from '../analysis/peers.ts';
import { decodedText } from '../decoded-text.ts';
import { Child } from '../harness/child.ts';
import { inspectEnvironment } from '../harness/machine/environment.ts';
import { loopbackProblem } from '../harness/machine/loopback.ts';
import { drawPage } from '../report-file.ts';
import { makeRunFolder } from '../result-file.ts';
import { writeWhole } from '../write-whole.ts';
import type { BareHandlers } from './bare-clients-process.ts';
import { type Fanning, fanOut } from './fan-out.ts';
import { fleet } from './fleet.ts';
import { idle } from './idle.ts';
import { type Language, languages } from './languages.ts';
import { longPoll } from './long-poll.ts';
import { poll, pollWindowMs } from './poll.ts';
import { Rounds } from './rounds.ts';

/**
 * The contest with the lab's peers: `npm run bench:peers`. See `--help`.
 *
 * Every contender does the same work on this machine, one after the other, round by round. Exit codes: 0
 * measured, whatever came out; 1 a round failed, or with `--against` a ratio has become worse than both
 * intervals allow; 2 the command line is wrong; 3 this machine cannot run it; 130 interrupted, what was
 * measured until then is written.
 */
const remedy = 'choose another folder with --out';
const contestNames = ['fan-out', 'idle', 'poll', 'long-poll', 'fleet'] as const;

type Options = {
  rounds: number;
  only: readonly string[];
  peer: Fanning[];
  windowMs: number;
  against?: Peers;
  out?: string;
  open?: boolean;
};

const peersCommand = command(
  'npm run bench:peers --',
  "Compares the lab's servers and clients with their alternatives.",
)
  .option('--rounds <number>', 'number of rounds, from 1 to 50', wholeNumber(1, 50), 7)
  .addOption(
    new Option('--only <contests>', 'contests to run, separated by commas')
      .argParser(someOf(contestNames))
      .default(contestNames, contestNames.join(',')),
  )
  .option(
    '--peer <name=language:command>',
    `your own push server (language: ${Object.keys(languages).join(', ')}). It gets a port as its last argument, prints the port, and sends each line of its standard input to all clients. Repeat the option for more servers.`,
    readPeer,
    [],
  )
  .addOption(
    new Option('--window-ms <number>', 'milliseconds in which each server responds to polls, per round')
      .argParser(wholeNumber(1, 999_999_999))
      .default(pollWindowMs)
      .hideHelp(),
  )
  .option(
    '--against <file>',
    'earlier peers.json to compare; the command fails if a ratio became worse',
    readPeers,
  )
  .option('--out <folder>', 'folder for peers.json and peers.html (default: report/runs/…)', readPath)
  .option('--open', 'open the page in a browser (default: on a terminal)')
  .option('--no-open', 'do not open the page');

const options = begin(peersCommand).opts<Options>();
process.exitCode = await exitCodeOf(() => main(options));

async function main({ rounds, only, peer, windowMs, against, out, open: opens }: Options): Promise<number> {
  const startedAt = new Date();
  const startedMs = performance.now();
  const noLoopback = await loopbackProblem();
  if (noLoopback) throw new Refusal(noLoopback, exitCodes.environment);
  if (only.some((name) => name !== 'poll')) installPeers();
  const folder = orRefuse(
    exitCodes.environment,
    (error) => writeProblem(out ?? 'report/runs', error, remedy),
    () => makeRunFolder(out, startedAt, 'peers'),
  );
  const { environment, machine } = await inspectEnvironment();
  for (const warning of environment.warnings) console.error(`! ${warning}`);
  const file = join(folder, 'peers.json');

  const audience = new Child<BareHandlers>('../peers/bare-clients-process.ts');
  const contests = [
    fanOut(audience, peer),
    idle(audience, peer),
    poll(audience, windowMs),
    longPoll(audience),
    fleet(machine),
  ].filter(({ name }) => only.includes(name));
  const held = new Rounds(contests, (text) => console.error(text));
  onInterrupt(() => held.stop());

  const peers: Peers = {
    kind: 'push-versus-polling peers',
    schemaVersion: 1,
    startedAt: startedAt.toISOString(),
    durationMs: 0,
    environment,
    rounds: 0,
    measures: [],
    failures: [],
  };
  let unsaved: Error | undefined;
  /** What can't be saved is not worth measuring. */
  const save = () => {
    Object.assign(peers, held.soFar, { durationMs: Math.round(performance.now() - startedMs) });
    const text = `${JSON.stringify(peersSchema.parse(peers), null, 1)}\n`;
    try {
      writeWhole(file, text);
    } catch (error) {
      unsaved ??= error as Error;
      held.stop();
    }
  };
  try {
    await held.hold(rounds, save);
  } finally {
    await held.end();
    audience.kill();
  }
  save();
  if (unsaved) throw new Refusal(writeProblem(folder, unsaved, remedy), exitCodes.environment);

  const said = outcomes(peers).map(
    (outcome) =>
      `${outcome.met ? 'met    ' : 'NOT met'}  ${outcome.median.toFixed(2).padStart(6)}${outcome.interval && outcome.b ? ` (${range(outcome.interval)})` : ''}, ${describeLimit(outcome)}  ${describeTarget(outcome)}`,
  );
  const page = await drawPage(
    'peers-main.ts',
    file,
    join(folder, 'peers.html'),
    `node --import tsx report/peers-main.ts ${shellQuoted(file)}`,
  );
  console.log(['', ...said, '', page ?? file].join('\n'));
  for (const failure of peers.failures) console.error(`! ${failure}`);
  const worse = against ? regressions(peers, against) : [];
  for (const line of worse) console.log(`worse: ${line}`);
  if (against && worse.length === 0) console.log('No ratio is worse than its interval allows.');
  if (held.stopped) return exitCodes.interrupted;
  if (page && (opens ?? process.stdout.isTTY)) await openPage(page);
  return worse.length > 0 || peers.failures.length > 0 ? exitCodes.failed : exitCodes.ok;
}

/** The libraries of the peers are no part of the lab, and installed when they are first wanted. No script of theirs runs. */
function installPeers(): void {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return;
  console.error('Installing the packages of the alternatives (only in the first run) …');
  try {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch {
    throw new Refusal(
      'The packages of the alternatives could not be installed: run "npm ci --ignore-scripts --prefix bench/peers" and read its output.',
      exitCodes.environment,
    );
  }
}

function readPeer(text: string, before: Fanning[]): Fanning[] {
  const [, name, language, program] = /^([^=]{1,40})=([^:]+):(.+)$/.exec(text) ?? [];
  if (!name || !program || language === undefined || !Object.hasOwn(languages, language))
    throw new InvalidArgumentError(
      'Expected name=language:command, such as mine=websocket:"node server.js".',
    );
  const [file = '', ...args] = program.split(' ').filter(Boolean);
  return [
    ...before,
    { name, language: language as Language, program: [file, [...args, '0']], folder: fromUsersFolder('.') },
  ];
}

function readPeers(file: string): Peers {
  try {
    return parsePeers(decodedText(readFileSync(fromUsersFolder(file))));
  } catch (error) {
    const [first = ''] = (error as Error).message.split('\n');
    throw new InvalidArgumentError(`Expected a peers.json that this command wrote (${first}).`);
  }
}
