import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerNode, findRabbit, rabbitRemedy, startBrokerNode } from '../broker/node.ts';
import { freePorts } from '../harness/machine/programs.ts';
import { anchorsOf, commandsOf } from './commands-of.ts';
import { labHere } from './lab-here.ts';
import { markdownFiles } from './visible-texts.ts';

/**
 * Runs what the Markdown files tell people to run, each command once. Installs, tests and whole labs are only checked to exist; a
 * command of the lab is run with `--list` at its end, which reads all its options and measures nothing.
 */
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** Files that do not exist before somebody has written or measured them. */
const toBeMade = [
  'servers/my-transport.ts',
  'clients/my-poll.ts',
  'bench/experiments/my-question.ts',
  'results.json',
  'peers.json',
  'results/',
  'results/faults.json',
  'results/soak.json',
  'report/runs/latest/',
  'report/runs/latest/report.html',
  'my-question.ts',
];

/** With `CI=true` a missing RabbitMQ is no reason to skip what needs one: it then fails. */
const hasRabbit = findRabbit() !== undefined || process.env.CI === 'true';
if (!hasRabbit) console.warn(`skipped: commands that need a RabbitMQ: ${rabbitRemedy}`);

/** Where a text leaves the address of a RabbitMQ to the reader. */
const someBroker = 'amqp://…';

let folder: string;
let node: BrokerNode | undefined;
let children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await node?.stop();
});

afterEach(async () => {
  const ended = children.map((child) =>
    child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : undefined,
  );
  for (const child of children) child.kill('SIGINT');
  await Promise.all(ended);
  children = [];
});

const tried = new Set<string>();
const files = markdownFiles.map((file) => {
  const { commands, paths, links } = commandsOf(readFileSync(file, 'utf8'));
  const first = commands.filter((command) => !tried.has(command));
  for (const command of first) tried.add(command);
  return { file, commands: first, paths, links };
});

describe.each(files)('$file', ({ file, commands, paths, links }) => {
  const needRabbit = (command: string) => command.includes(someBroker);

  it.each(commands.filter((command) => !needRabbit(command)))('%s', tryOut);

  it.skipIf(!hasRabbit).each(commands.filter(needRabbit))('%s', async (command) => {
    node ??= await startBrokerNode({ plugins: [] });
    await tryOut(command.replace(someBroker, node.addresses.amqp));
  });

  it('names files and folders that are there', () => {
    const missing = paths.filter((path) => !toBeMade.includes(path) && !isThere(path, dirname(file)));
    expect(missing).toEqual([]);
  });

  it('links to places that are there', () => {
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path, anchor] = link.split('#');
      const target = path ? join(dirname(file), path) : file;
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** A file by its path from the top, or an experiment's or a server's by its name alone. */
function isThere(path: string, from: string): boolean {
  return [
    path,
    join(from, path),
    join('servers', path),
    join('bench', path),
    join('bench/experiments', path),
    join('report/charts', path),
  ].some(existsSync);
}

async function tryOut(command: string): Promise<void> {
  const [program, ...args] = command.replaceAll(/['"]/g, '').split(/\s+/) as [string, ...string[]];
  if (program === 'npm') return tryScript(args);
  if (program === 'diff') {
    const { exitCode, stdout } = await run(program, args);
    expect({ exitCode, differs: stdout.length > 0 }).toEqual({ exitCode: 1, differs: true });
  } else if (program === 'curl') await tryUrl(args.find((arg) => arg.startsWith('http')) as string);
  else if (command === 'node --version') expect((await run(program, args)).exitCode).toBe(0);
  else if (/^ulimit -n \d+$/.test(command) || /^(git|docker) /.test(command)) return;
  else throw new Error(`nobody has said how to try "${command}"`);
}

async function tryScript([verb, ...rest]: string[]): Promise<void> {
  // It asks a registry.
  if (verb === 'audit') return;
  if (verb === 'ci') return expect(existsSync('package-lock.json')).toBe(true);
  if (verb === 'test') return expect(scripts).toHaveProperty('test');
  const [name = '', ...args] = rest.filter((arg) => arg !== '--silent' && arg !== '-s' && arg !== '--');
  expect(Object.keys(scripts)).toContain(name);
  const entry = scripts[name]?.match(/(\S+\.ts)$/)?.[1];
  if (name === 'sizing' || name === 'sentences') return succeed(entry, filled(args));
  // Without a broker it is only the name of the command.
  if (name === 'agent') return args.length > 0 ? offer(entry, args) : undefined;
  if (name === 'lab') {
    const { exitCode, stdout, stderr } = await labHere([
      ...filled(args.filter((arg) => arg !== '--json')),
      '--list',
    ]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    return expect(stdout.length).toBeGreaterThan(0);
  }
  if (name === 'report' || name === 'compare')
    return succeed(entry, [...filled(args), '--out', join(folder, 'page.html')]);
  const withoutPort = args.filter((arg, index) => arg !== '--port' && args[index - 1] !== '--port');
  if (name === 'classroom') return tryClassroom(entry, withoutPort);
  if (name === 'servers' || name === 'chat') {
    const { child } = await start(entry, withoutPort);
    return expect(child.exitCode).toBe(null);
  }
  if (name === 'crowd') return tryCrowd(entry);
  if (name === 'robustness') return tryHelp(entry, args);
  if (name === 'exercise')
    return expect(args.map((arg) => exerciseOf(arg)).every((path) => existsSync(path))).toBe(true);
}

/** An agent says that it offers itself, on the error output: it has no data. */
async function offer(entry: string | undefined, args: string[]): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', entry ?? '', ...args]);
  children.push(child);
  const [said] = await once(child.stderr, 'data');
  expect(String(said)).toContain('offers its clients');
}

function exerciseOf(name: string): string {
  const floor = { server: 'servers', client: 'clients', experiment: 'bench' }[name] ?? '';
  return `${floor}/exercises/${name}.exercise.ts`;
}

/** Puts the sample where a text says FILE or the like, and a folder where it says DIR. */
function filled(args: string[]): string[] {
  // Nobody wants browsers to open while tests run.
  return args
    .filter((arg) => arg !== '--open')
    .map((arg, index, all) => {
      if (all[index - 1] === '--experiment') return 'bench/exercises/message-size.ts';
      if (/^([A-Z]+\/)?results\.json$|^(FILE|A|B)$|^[ab]\.json$/.test(arg))
        return 'report/sample/results.json';
      if (arg === 'my-question') return 'freshness';
      return arg === 'DIR' ? folder : arg;
    });
}

async function succeed(entry: string | undefined, args: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await run(process.execPath, ['--import', 'tsx', entry ?? '', ...args]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout.length).toBeGreaterThan(0);
}

function run(program: string, args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** Starts a server on free ports and waits until it says where it is: a line, or the one that is asked for. */
async function start(
  entry: string | undefined,
  args: string[],
  port?: number,
  line = /\n/,
): Promise<{ child: ChildProcess; says: string }> {
  const ports = ['--port', `${port ?? (await ninePorts())}`];
  const child = spawn(process.execPath, ['--import', 'tsx', entry ?? '', ...args, ...ports]);
  children.push(child);
  let said = '';
  child.stderr.on('data', (piece) => (said += piece));
  const says = await new Promise<string>((resolve, reject) => {
    let whereItIs = '';
    child.stdout.on('data', (piece) => {
      whereItIs += piece;
      if (line.test(whereItIs)) resolve(whereItIs);
    });
    child.once('exit', (exitCode) => reject(new Error(`it ended with ${exitCode}: ${said}`)));
  });
  return { child, says };
}

/** A campaign takes minutes: its help names all that the text gives it. */
async function tryHelp(entry: string | undefined, [campaign = '', ...args]: string[]): Promise<void> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', entry ?? '', campaign, '--help']);
  const options = args.filter((arg) => arg.startsWith('--'));
  for (const word of [`npm run robustness -- ${campaign}`, ...options]) expect(stdout).toContain(word);
}

/** Holds a class, looks whether its page is there, and ends it as people do. */
async function tryClassroom(entry: string | undefined, args: string[]): Promise<void> {
  const recording = join(folder, 'recording.json');
  const events = [{ atMs: 0, delays: [] }];
  writeFileSync(
    recording,
    JSON.stringify({ recordingVersion: 1, startedAt: '2026-01-01T00:00:00Z', events }),
  );
  const filled = args.map((arg) => (arg === 'FILE' ? recording : arg));
  if (args.includes('--lan') && !hasNetwork())
    return expect(start(entry, filled)).rejects.toThrow(/ended with 3: .*no address in a network/);
  const { child, says } = await start(entry, filled);
  const answer = await fetch(/http:\S+\/#\S+/.exec(says)?.[0] ?? '');
  expect({ status: answer.status, is: answer.headers.get('content-type') }).toEqual({
    status: 200,
    is: expect.stringContaining('text/html'),
  });
  child.kill('SIGINT');
  const [exitCode] = await once(child, 'exit');
  expect(exitCode).toBe(130);
}

function hasNetwork(): boolean {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ internal, family }) => !internal && family === 'IPv4');
}

/** Sends a few members for a second into a class, instead of hundreds for minutes. */
async function tryCrowd(entry: string | undefined): Promise<void> {
  const members = /members +(\S+) +code (\S+)\n/;
  const { says } = await start('bench/classroom/main.ts', ['--no-open'], undefined, members);
  const [, joinUrl = '', code = ''] = members.exec(says) ?? [];
  await succeed(entry, [new URL(joinUrl).origin, code, '--members', '4', '--seconds', '1']);
}

/** Asks the servers of `npm run servers`, which begin at another port here than in the text. */
async function tryUrl(url: string): Promise<void> {
  const asked = new URL(url.replace('PORT', '8086'));
  const base = await ninePorts();
  await start('servers/main.ts', [], base);
  asked.port = String(Number(asked.port) - 8081 + base);
  const answer = await fetch(asked);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toHaveProperty('next');
}

/** The first of nine ports in a row, as `npm run servers` takes them. */
async function ninePorts(): Promise<number> {
  const [first] = await freePorts(9);
  return first as number;
}
