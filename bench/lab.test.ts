import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { runsTypeScript } from './harness/child.ts';
import { commandOf } from './lab-command.ts';
import { parseResult } from './result.ts';

/** The command as people type it, in a process group of its own so that what it leaves behind can be seen. */
const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const lab of started.splice(0)) if (groupExists(lab)) process.kill(-(lab.pid as number), 'SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function startLab(...args: string[]) {
  const lab = spawn(process.execPath, [...runsTypeScript, 'bench/lab.ts', ...args], { detached: true });
  started.push(lab);
  const said = { stdout: '', stderr: '' };
  lab.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  lab.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
    lab.emit('said');
  });
  const ended = once(lab, 'close').then(([exitCode]) => ({ exitCode, ...said }));
  const saying = async (text: string) => {
    while (!said.stderr.includes(text)) await once(lab, 'said');
  };
  return { lab, ended, saying };
}

function groupExists(lab: ChildProcess): boolean {
  try {
    return process.kill(-(lab.pid as number), 0);
  } catch {
    return false;
  }
}

/** Comes back when the last process of the lab's group has been reaped; a process that stays makes the test time out. */
async function gone(lab: ChildProcess): Promise<void> {
  while (groupExists(lab)) await new Promise((resolve) => setImmediate(resolve));
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  folders.push(folder);
  return folder;
}

describe('a command line that is wrong', () => {
  it.each([
    [['--profile', 'huge'], /--profile.*huge.*quick, default, full/],
    [
      ['--only', 'freshness,nonsense'],
      /--only.*unknown "nonsense": expected one or more of freshness, distance/,
    ],
    [['--seed', '1.5'], /--seed.*1\.5.*whole number/],
    [['--seed', 'x'], /--seed.*x.*whole number/],
    [['--seed', '-3'], /--seed/],
    [['--nonsense'], /unknown option '--nonsense'/],
    [['quick'], /too many arguments/],
  ])('%j ends with 2 and says what was expected', async (args, reason) => {
    const { exitCode, stdout, stderr } = await startLab(...args).ended;
    expect(stderr).toMatch(reason);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});

it('a folder that cannot be written ends with 3 and names the remedy', async () => {
  const file = join(newFolder(), 'a-file');
  writeFileSync(file, '');
  const { exitCode, stderr } = await startLab('--out', file).ended;
  expect(stderr).toMatch(/cannot write to .*a-file.*--out/);
  expect(exitCode).toBe(3);
});

it('a file that exports no experiment ends with 2 and says what was expected', async () => {
  for (const [file, reason] of [
    ['nowhere.ts', /Invalid --experiment: found no file nowhere\.ts/],
    [
      'bench/result.ts',
      /Invalid --experiment: expected one exported experiment in bench\/result\.ts, found 0/,
    ],
  ] as const) {
    const { exitCode, stderr } = await startLab('--experiment', file).ended;
    expect(stderr).toMatch(reason);
    expect(exitCode).toBe(2);
  }
});

describe('somebody’s own experiment, in a file outside the lab', () => {
  /** The crowd's experiment with one short trial, changed by some code. */
  async function runWith(change: string) {
    const folder = newFolder();
    const file = join(folder, 'mine.ts');
    const crowd = pathToFileURL(resolve('bench/experiments/real-time/crowd.ts')).href;
    writeFileSync(
      file,
      `import { crowd } from '${crowd}';
      const trial = { groups: [{ transport: 'push', clients: 2 }], schedule: { kind: 'periodic', ratePerSecond: 20 }, durationMs: 200, repeat: 1 };
      export const mine = { ...crowd, plan: () => ({ trials: [trial] })${change} };`,
    );
    const out = join(folder, 'run');
    const { exitCode, stderr } = await startLab('--experiment', file, '--no-open', '--out', out).ended;
    expect(existsSync(join(out, 'report.html')), stderr).toBe(true);
    const { findings } = parseResult(readFileSync(join(out, 'results.json'), 'utf8'));
    return { exitCode, finding: findings[0] };
  }

  it('is inconclusive where its rule lacks a figure, although its file loads the lab a second time', async () => {
    const { exitCode, finding } = await runWith('');
    expect(finding).toMatchObject({
      verdict: 'inconclusive',
      sentence: expect.stringMatching(/^Nothing to compare: /),
    });
    expect(exitCode).toBe(0);
  });

  it('ends with 1 and a report that names the error, where its code has one', async () => {
    const { exitCode, finding } = await runWith(', judge() { return missing.value; }');
    expect(finding).toMatchObject({
      verdict: 'inconclusive',
      sentence: 'The code of this experiment has an error: ReferenceError: missing is not defined.',
    });
    expect(exitCode).toBe(1);
  });
});

it('a folder that goes away under a run ends it with 3 and names the remedy', async () => {
  const folder = newFolder();
  const { ended, saying, lab } = startLab(
    '--experiment',
    'bench/robustness/faults/brief.ts',
    '--out',
    folder,
    '--no-open',
  );
  await saying('1 of 2');
  rmSync(folder, { recursive: true });
  const { exitCode, stderr } = await ended;
  expect(stderr).toMatch(/cannot write to .*--out/);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(exitCode).toBe(3);
  await gone(lab);
});

it('says how to run it again, quoted as a shell wants it', () => {
  const own = {
    experiment: 'my folder/mine #1.ts',
    broker: 'amqp://ada:secret@host:5672?mqtt=1883&stomp=61613',
  };
  expect(commandOf({ profile: 'quick', seed: 45, serverHost: '127.0.0.1', ...own })).toBe(
    "npm run lab -- --profile quick --seed 45 --experiment 'my folder/mine #1.ts' --broker 'amqp://NAME:PASSWORD@host:5672?mqtt=1883&stomp=61613'",
  );
});

it('ends with 3 at once on a machine that cannot connect to itself, and leaves nothing', async () => {
  const withoutLoopback =
    "import { Server } from 'node:net';" +
    "Server.prototype.listen = function () { process.nextTick(() => this.emit('error', Object.assign(new Error(), { code: 'EADDRNOTAVAIL' }))); return this; };";
  const out = join(newFolder(), 'run');
  const lab = spawn(
    process.execPath,
    [
      ...[...runsTypeScript, '--import', `data:text/javascript,${encodeURIComponent(withoutLoopback)}`],
      ...['bench/lab.ts', '--out', out],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  lab.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [exitCode] = await once(lab, 'close');
  expect(said).toMatch(
    /^This machine can't connect to its own address 127\.0\.0\.1 \(EADDRNOTAVAIL\): .*\n$/,
  );
  expect({ exitCode, isThere: existsSync(out) }).toEqual({ exitCode: 3, isThere: false });
});

it('ends quietly when nobody reads on', async () => {
  const { lab, ended } = startLab('--list');
  lab.stdout.destroy();
  expect(await ended).toMatchObject({ exitCode: 0, stderr: '' });
});

it('lists its experiments', async () => {
  const { exitCode, stdout } = await startLab('--list').ended;
  expect(stdout).toMatch(/^freshness .* s {2}How long does a message take/);
  expect(exitCode).toBe(0);
});

it('measures, prints the result as JSON and nothing else, and writes result and report', async () => {
  const folder = newFolder();
  const args = ['--profile', 'quick', '--only', 'freshness', '--seed', '7', '--out', folder, '--json'];
  const { exitCode, stdout, stderr } = await startLab(...args).ended;
  expect(exitCode, stderr).toBe(0);
  const result = parseResult(stdout);
  expect(result.lab).toMatchObject({ status: 'complete', seed: 7, profile: 'quick' });
  expect(result.findings.map(({ experiment }) => experiment)).toEqual(['freshness']);
  expect(result.trials.every(({ status }) => status === 'ok')).toBe(true);
  expect(parseResult(readFileSync(join(folder, 'results.json'), 'utf8'))).toEqual(result);
  expect(readdirSync(folder).sort()).toEqual(['report.html', 'results.json']);
  expect(stderr).toMatch(/1 of 3 .* s left/);
});

it('Ctrl-C leaves a valid partial result, a report and no process', async () => {
  const folder = newFolder();
  const { lab, ended, saying } = startLab('--profile', 'quick', '--out', folder);
  await saying('2 of 3');
  process.kill(-(lab.pid as number), 'SIGINT');
  const { exitCode } = await ended;
  expect(exitCode).toBe(130);
  const result = parseResult(readFileSync(join(folder, 'results.json'), 'utf8'));
  expect(result.lab.status).toBe('interrupted');
  expect(result.trials.some(({ status }) => status === 'ok')).toBe(true);
  expect(result.trials.some(({ status }) => status === 'interrupted')).toBe(true);
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
  await gone(lab);
});

it('ends as interrupted, with a report, when its terminal is closed', async () => {
  const folder = newFolder();
  const { lab, ended, saying } = startLab('--profile', 'quick', '--out', folder);
  await saying('2 of 3');
  for (const stream of [lab.stdout, lab.stderr]) stream.destroy();
  // From the shell, and from the system.
  for (const signal of ['SIGHUP', 'SIGHUP']) process.kill(-(lab.pid as number), signal);
  expect((await ended).exitCode).toBe(130);
  expect(parseResult(readFileSync(join(folder, 'results.json'), 'utf8')).lab.status).toBe('interrupted');
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
  await gone(lab);
});

it('a coordinator that is killed takes its processes along', async () => {
  const { lab, ended, saying } = startLab('--profile', 'quick', '--out', newFolder());
  await saying('2 of 3');
  lab.kill('SIGKILL');
  await ended;
  await gone(lab);
});
