import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runsTypeScript } from '../harness/child.ts';
import { freePorts } from '../harness/machine/programs.ts';
import { HeadlessMember, HeadlessPage } from './simulated/headless.ts';

/** The command as people type it, in a process group of its own so that what it leaves behind can be seen. */
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0))
    if (groupExists(child)) process.kill(-(child.pid as number), 'SIGKILL');
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
  const says = async (pattern: RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(said[where]);
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

describe('a command line that is wrong', () => {
  it.each([
    [['--port', 'x'], /--port.*x.*expected the first of 5 free ports/],
    [['--port', '65532'], /--port.*65532.*expected the first of 5 free ports/],
    [['--nonsense'], /unknown option '--nonsense'/],
    [['lesson'], /too many arguments/],
    [['--lan', 'nowhere'], /--lan.*nowhere.*expected an IPv4 address of this machine/],
  ])('%j ends with 2 and says what was expected', async (args, reason) => {
    const { exitCode, stdout, stderr } = await startClassroom(...args).ended;
    expect(stderr).toMatch(reason);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});

it('--lan on a machine without a network ends with 3, and says what to do', async () => {
  const withoutNetwork =
    "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';" +
    "os.networkInterfaces = () => ({ lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }] }); syncBuiltinESMExports();";
  const { exitCode, stdout, stderr } = await startOn(
    ['--import', `data:text/javascript,${encodeURIComponent(withoutNetwork)}`],
    ['--no-open', '--lan', '--port', '0'],
  ).ended;
  expect(stderr).toBe('This machine has no network address: connect it to a network, or leave out --lan.\n');
  expect(stdout).toBe('');
  expect(exitCode).toBe(3);
});

it('--lan follows this machine into another network, and says when there is none', async () => {
  // Each SIGUSR2 takes the machine to the next network.
  const roaming =
    "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';" +
    "const networks = ['192.168.1.23', undefined, '10.20.0.4']; process.on('SIGUSR2', () => networks.shift());" +
    "os.networkInterfaces = () => ({ wlan0: networks[0] ? [{ address: networks[0], mac: '00:11:22:33:44:55', family: 'IPv4', internal: false }] : [] });" +
    'syncBuiltinESMExports();';
  const { child, ended, says } = startOn(
    ['--import', `data:text/javascript,${encodeURIComponent(roaming)}`],
    ['--no-open', '--lan', '--port', '0'],
  );
  const [, origin = '', token = ''] = await says(/^projector {2}(http:\/\/127\.0\.0\.1:\d+)\/#([\w-]+)$/m);
  await says(/^members {4}http:\/\/192\.168\.1\.23:/m);
  const projector = await HeadlessPage.open(origin, token);
  child.kill('SIGUSR2');
  await says(/lost its network/, 'stderr');
  child.kill('SIGUSR2');
  await says(/^members {4}http:\/\/10\.20\.0\.4:/m);
  await projector.hear('join', ({ join }) => join.url.startsWith('http://10.20.0.4:'));
  await projector.close();
  child.kill('SIGINT');
  const { exitCode, stdout } = await ended;
  expect(stdout).not.toContain('does not have the address');
  expect(exitCode).toBe(130);
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
    expect(stderr.trim()).toBe(`port ${ports[offset]} is in use (EADDRINUSE): choose another with --port`);
    expect(exitCode).toBe(3);
    await gone(child);
  });
});

it('after a restart pages of the class before are told what to do, and nobody waits for ever', async () => {
  const [port] = await freePorts(5);
  const start = () => startClassroom('--no-open', '--port', `${port}`);
  const projectorAt = /^projector {2}(http:\/\/127\.0\.0\.1:\d+)\/#([\w-]+)$/m;
  const first = start();
  const [, origin = '', token = ''] = await first.says(projectorAt);
  const [, code = ''] = await first.says(/code ([A-Z]{5})$/m);
  const member = await HeadlessMember.join(origin, code, 'Ada');
  const projector = await HeadlessPage.open(origin, token);
  process.kill(-(first.child.pid as number), 'SIGKILL');
  await first.ended;
  await member.until(({ isConnected }) => !isConnected);
  const second = start();
  await second.says(projectorAt);
  await member.until(({ over }) => over?.includes('The class may have started again') ?? false);
  const again = await HeadlessPage.open(origin, token).catch((error) => error);
  expect(again.message).toMatch(/^4003 .*The class may have started again/);
  await projector.close();
  process.kill(-(second.child.pid as number), 'SIGINT');
  expect((await second.ended).exitCode).toBe(130);
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a class with everybody in it: 130, and nothing is left',
  async (signal) => {
    const { child, ended, says } = startClassroom('--no-open', '--port', '0');
    const [, origin = '', token = ''] = await says(/^projector {2}(http:\/\/127\.0\.0\.1:\d+)\/#([\w-]+)$/m);
    const [, code = ''] = await says(/^members {4}http:\/\/127\.0\.0\.1:\d+\/join {2}code ([A-Z]{5})$/m);
    const projector = await HeadlessPage.open(origin, token);
    const member = await HeadlessMember.join(origin, code, 'Ada');
    member.take('push');
    await member.until(({ lane }) => lane !== undefined);
    const closed = projector.closed();
    process.kill(-(child.pid as number), signal);
    expect((await ended).exitCode).toBe(130);
    expect(await closed).toEqual({ code: 4000, reason: 'The class has ended.' });
    await member.until(({ over }) => over === 'The class has ended.');
    await gone(child);
  },
);
