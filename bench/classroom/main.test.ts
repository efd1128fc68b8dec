import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runsTypeScript } from '../harness/child.ts';
import { freePorts } from '../harness/free-ports.ts';
import { HeadlessPage } from './headless.ts';
import { ask } from './held-class.ts';

/** The command as people type it, in a process group of its own so that what it leaves behind can be seen. */
const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of started.splice(0))
    if (groupExists(child)) process.kill(-(child.pid as number), 'SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const startClassroom = (...args: string[]) => startOn([], args);

/** Starts it with more for Node itself, to make the machine another one. */
function startOn(nodeArgs: string[], args: string[]) {
  const child = spawn(
    process.execPath,
    [...nodeArgs, ...runsTypeScript, 'bench/classroom/main.ts', ...args],
    {
      detached: true,
    },
  );
  started.push(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
      child.emit('said');
    });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode, ...said }));
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(said.stdout);
      if (found) return found;
      await once(child, 'said');
    }
  };
  return { child, ended, says };
}

function groupExists(child: ChildProcess): boolean {
  try {
    return process.kill(-(child.pid as number), 0);
  } catch {
    return false;
  }
}

/** Comes back when the last process of the group has been reaped; a process that stays makes the test time out. */
async function gone(child: ChildProcess): Promise<void> {
  while (groupExists(child)) await new Promise((resolve) => setImmediate(resolve));
}

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'classroom-'));
  folders.push(folder);
  const file = join(folder, 'recording.json');
  writeFileSync(file, text);
  return file;
}

describe('a command line that is wrong', () => {
  it.each([
    [['--port', 'x'], /--port.*x.*It takes the first of five free ports/],
    [['--port', '65532'], /--port.*65532.*It takes the first of five free ports/],
    [['--nonsense'], /unknown option '--nonsense'/],
    [['lesson'], /too many arguments/],
    [['--lan', '--replay', 'x'], /--lan makes no sense with --replay/],
    [['--replay', '/nowhere/recording.json'], /--replay \/nowhere\/recording\.json: ENOENT/],
  ])('%j ends with 2 and says what it takes', async (args, reason) => {
    const { exitCode, stdout, stderr } = await startClassroom(...args).ended;
    expect(stderr).toMatch(reason);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});

it.each([
  [
    'damaged',
    '{"recordingVersion": 1, "startedAt": "2026-01-01T00:00:00Z", "events": [{}]}',
    /events\.0\.atMs is missing/,
  ],
  ['foreign', '{"schemaVersion": 1}', /recordingVersion is undefined: this classroom plays version 1/],
])('a recording that is %s ends with 2, in one line that names the field', async (_what, text, reason) => {
  const { exitCode, stderr } = await startClassroom('--no-open', '--replay', fileWith(text)).ended;
  expect(stderr).toMatch(reason);
  expect(stderr.trim().split('\n').length).toBe(1);
  expect(exitCode).toBe(2);
});

it('--lan on a machine without a network ends with 3, and says what to do', async () => {
  const withoutNetwork =
    "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';" +
    "os.networkInterfaces = () => ({ lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }] }); syncBuiltinESMExports();";
  const { exitCode, stdout, stderr } = await startOn(
    ['--import', `data:text/javascript,${encodeURIComponent(withoutNetwork)}`],
    ['--no-open', '--lan', '--port', '0'],
  ).ended;
  expect(stderr).toBe('this machine has no address in a network: connect it, or leave out --lan\n');
  expect(stdout).toBe('');
  expect(exitCode).toBe(3);
});

describe('a port that is taken', () => {
  it.each([
    ['the page’s own', 0],
    ['the first of the class', 1],
    ['the last of the class', 4],
  ])('%s ends with 3, names it and the remedy', async (_which, offset) => {
    const ports = await freePorts(5);
    const taken = createServer().listen(ports[offset], '127.0.0.1');
    await once(taken, 'listening');
    const { child, ended } = startClassroom('--no-open', '--port', `${ports[0]}`);
    const { exitCode, stderr } = await ended;
    taken.close();
    expect(stderr.trim()).toBe(`port ${ports[offset]} is taken (EADDRINUSE): name another with --port`);
    expect(exitCode).toBe(3);
    await gone(child);
  });
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a class with everybody in it: 130, and nothing is left',
  async (signal) => {
    const { child, ended, says } = startClassroom('--no-open', '--port', '0');
    const [, origin = '', token = ''] = await says(/^projector {2}(http:\/\/127\.0\.0\.1:\d+)\/#([\w-]+)$/m);
    const [, code = ''] = await says(/^members {4}http:\/\/127\.0\.0\.1:\d+\/join {2}code ([A-Z]{5})$/m);
    const projector = await HeadlessPage.open(origin, token);
    const member = await HeadlessPage.join(origin, code, 'Ada');
    await member.take('push');
    const closed = Promise.all([projector.closed(), member.closed()]);
    process.kill(-(child.pid as number), signal);
    expect((await ended).exitCode).toBe(130);
    expect(new Set((await closed).map(({ reason }) => reason))).toEqual(new Set(['the class has ended']));
    await member.close();
    await gone(child);
  },
);

it('plays a recording on the same page', async () => {
  const recording = {
    recordingVersion: 1,
    startedAt: '2026-01-01T00:00:00Z',
    events: [{ atMs: 0, delays: [] }],
  };
  const { child, ended, says } = startClassroom(
    '--no-open',
    '--port',
    '0',
    '--replay',
    fileWith(JSON.stringify(recording)),
  );
  const [, origin = '', token = ''] = await says(/^projector {2}(http:\/\/127\.0\.0\.1:\d+)\/#([\w-]+)$/m);
  const page = await HeadlessPage.open(origin, token);
  expect((await page.hear('state')).state.recorded).toBe(true);
  expect((await ask(origin)).status).toBe(200);
  process.kill(-(child.pid as number), 'SIGINT');
  expect((await ended).exitCode).toBe(130);
  await gone(child);
});
