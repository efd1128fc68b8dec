import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePorts, pathFolders } from '../harness/machine/programs.ts';
import { LineProcess, OwnProcess } from '../harness/own-process.ts';
import type { BrokerAddresses } from './addresses.ts';

/**
 * A RabbitMQ node of our own: its name, cookie, user, ports, settings, data and logs are its own, so that
 * it meets no other node of this machine and leaves nothing behind.
 *
 *     epmd  ◄── where is the node? ──  rabbitmq-server  ◄── AMQP, MQTT, STOMP ──  clients
 *       ▲                                     ▲
 *       └────── ended by number, with the folder removed, when our end of a pipe closes ── guard
 *
 * It listens on this machine alone. Whatever ends this process, the pipe to the guard closes with it.
 */
export type BrokerNode = {
  /** Where it listens, with the name and the password of its only user. */
  addresses: BrokerAddresses;
  /** The operating system's number of the node's process. */
  pid: number;
  /** Whether it has ended, whoever ended it. */
  readonly hasEnded: boolean;
  /** Ends the node and its name server at once, and removes all that they wrote. */
  stop(): Promise<void>;
};

export type BrokerNodeOptions = {
  /** Plugins to enable. Default: MQTT and STOMP. MQTT waits three to six seconds for other nodes first. */
  plugins?: readonly string[];
  /** How long the start may take. Default 90,000; it takes about ten seconds on two idle cores. */
  startLimitMs?: number;
  /** Breaks the start off. */
  signal?: AbortSignal;
};

/** What to do where there is no RabbitMQ. */
export const rabbitRemedy =
  "install Debian's package rabbitmq-server, or set RABBITMQ_SERVER_PATH to its program";

/**
 * Where RabbitMQ's own script is: `RABBITMQ_SERVER_PATH`, else where Debian and Homebrew put it, else the
 * first on the `PATH`. Debian's script on the `PATH` refuses everybody but root, so it comes last.
 * `undefined`: nowhere.
 */
export function findRabbit(): string | undefined {
  const folders = [
    '/usr/lib/rabbitmq/bin',
    '/opt/homebrew/opt/rabbitmq/sbin',
    '/usr/local/opt/rabbitmq/sbin',
    ...pathFolders(),
  ];
  return findProgram('rabbitmq-server', folders, process.env.RABBITMQ_SERVER_PATH);
}

/**
 * Starts a node and waits until it takes connections.
 * Rejects when there is no RabbitMQ, with RabbitMQ's own words when it does not start, and after
 * `startLimitMs`; then nothing is left behind.
 */
export async function startBrokerNode(options: BrokerNodeOptions = {}): Promise<BrokerNode> {
  const { plugins = ['rabbitmq_mqtt', 'rabbitmq_stomp'], startLimitMs = 90_000, signal } = options;
  const program = findRabbit();
  if (!program) throw new Error(`found no RabbitMQ: ${rabbitRemedy}`);
  const ports = await freePorts(5);
  const [amqp, mqtt, stomp, distribution, epmd] = ports as [number, number, number, number, number];
  const login = { name: 'lab', password: randomBytes(18).toString('base64url') };
  // The guard is there before the folder is, so that no folder is without one, even for a moment.
  const folder = join(tmpdir(), `rabbitmq-${randomBytes(6).toString('hex')}`);
  const guard = startGuard(folder);
  await mkdir(folder, { mode: 0o700 });
  const write = (name: string, text: string, mode?: number) => writeFile(join(folder, name), text, { mode });
  await write('.erlang.cookie', randomBytes(18).toString('hex'), 0o400);
  await write('enabled_plugins', `[${plugins.join(',')}].\n`);
  await write('rabbitmq.conf', configuration({ amqp, mqtt, stomp }, login, plugins), 0o600);

  const environment = environmentOf(folder, distribution, epmd);
  const names = start('the name server', 'epmd', ['-address', '127.0.0.1', '-port', `${epmd}`], environment);
  watchOver(names, guard);
  const node = start('RabbitMQ', program, [], environment);
  watchOver(node, guard);
  const stop = async () => {
    guard.process.stdin?.end();
    await Promise.all([guard, node, names].map((each) => each.gone()));
  };
  try {
    await ready(node, names, startLimitMs, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = (scheme: string, port: number) =>
    `${scheme}://${login.name}:${login.password}@127.0.0.1:${port}`;
  return {
    addresses: { amqp: url('amqp', amqp), mqtt: url('mqtt', mqtt), stomp: url('stomp', stomp) },
    pid: node.pid as number,
    get hasEnded() {
      return node.ended !== undefined;
    },
    stop,
  };
}

function configuration(
  { amqp, mqtt, stomp }: Record<'amqp' | 'mqtt' | 'stomp', number>,
  login: { name: string; password: string },
  plugins: readonly string[],
): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${amqp}`,
    ...(plugins.includes('rabbitmq_mqtt') ? [`mqtt.listeners.tcp.1 = 127.0.0.1:${mqtt}`] : []),
    ...(plugins.includes('rabbitmq_stomp') ? [`stomp.listeners.tcp.1 = 127.0.0.1:${stomp}`] : []),
    `default_user = ${login.name}`,
    `default_pass = ${login.password}`,
    'log.console = false',
    '',
  ].join('\n');
}

/** Nothing of the caller's environment but where programs are, lest the settings of another node be taken for ours. */
function environmentOf(folder: string, distributionPort: number, epmdPort: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: `${epmdPort}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // Erlang's default is the folder from which the lab was started.
    ERL_CRASH_DUMP: join(folder, 'erl_crash.dump'),
    RABBITMQ_NODENAME: `lab-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_DIST_PORT: `${distributionPort}`,
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: join(folder, 'conf.d'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    // Makes the script become the node instead of a shell beside it, so that its number is the node's.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false',
  };
}

/** Starts a program out of reach of the terminal's Ctrl-C: whoever is interrupted decides when it ends. */
function start(name: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv): LineProcess {
  return new LineProcess(name, program, args, { env, detached: true, reads: ['stdout', 'stderr'] });
}

/**
 * A shell that reads numbers of processes until its input ends, which happens when this process ends, however
 * it does. Then it ends those processes, waits until they are gone, and removes the folder. It forgets a
 * number behind which a word says that the process has ended: it may be somebody else's by then.
 */
function startGuard(folder: string): OwnProcess {
  const script = `while read pid ended; do
  others=
  for other in $pids; do [ "$other" = "$pid" ] || others="$others $other"; done
  pids="$others"
  [ "$ended" ] || pids="$pids $pid"
done
for pid in $pids; do kill -9 $pid; done 2>/dev/null
for pid in $pids; do while kill -0 $pid; do sleep 0.05; done; done 2>/dev/null
rm -rf "$FOLDER"`;
  const shell = spawn('/bin/sh', ['-c', script, 'guard'], {
    env: { PATH: process.env.PATH, FOLDER: folder },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.stdin.on('error', () => {}); // It has gone with its work done.
  return new OwnProcess('the guard', shell);
}

/** Tells the guard of a process, and when it has ended by itself. */
function watchOver({ pid, process: watched }: OwnProcess, { process: { stdin } }: OwnProcess): void {
  if (pid === undefined) return;
  stdin?.write(`${pid}\n`);
  watched.once('exit', () => stdin?.write(`${pid} ended\n`));
}

/** Resolves when RabbitMQ says that its start is complete. Rejects when either process can't start, when it takes too long, and when `signal` aborts. */
async function ready(
  node: LineProcess,
  names: LineProcess,
  limitMs: number,
  signal?: AbortSignal,
): Promise<void> {
  await new Promise<unknown>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`RabbitMQ ${why}${lastWords(node.lines)}`));
    node.waitUntilReady(/ completed with \d+ plugins/, lastWords, limitMs).then(resolve, reject);
    names.process.once('error', ({ message }) => fail(`did not start (${message})`));
    signal?.addEventListener('abort', () => fail('was stopped by the interrupt'));
    if (signal?.aborted) fail('was stopped by the interrupt');
  });
}

/** What RabbitMQ said of its failure: the lines that name an error, or the last. */
function lastWords(said: readonly string[]): string {
  const telling = said.filter((line) => /error|failed|eaddrinuse/i.test(line));
  const words = (telling.length > 0 ? telling : said).map((line) => line.trim()).filter(Boolean);
  return words.length > 0 ? `: ${words.slice(-3).join(' ').slice(0, 300)}` : '';
}
