import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginCommand, isProgram, onInterrupt, surviveClosedOutput } from './begin.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Whoever else listens in this process, such as the driver of a browser, would take a signal for a real one. */
const others = signals.map((signal) => [signal, process.listeners(signal)] as const);

beforeEach(() => {
  for (const signal of signals) process.removeAllListeners(signal);
  vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  for (const [signal, listeners] of others) {
    process.removeAllListeners(signal);
    for (const listener of listeners) process.on(signal, listener);
  }
});

describe('a command that npm kept options of', () => {
  const program = process.argv[1] as string;

  afterEach(() => {
    process.argv[1] = program;
  });

  it.each([
    ['ends with 2 and names the right one', 'npm_config_list', 2],
    ['goes on where they may have been meant for npm', 'npm_config_json', undefined],
  ])('%s', (_, kept, exitCode) => {
    vi.stubEnv('npm_lifecycle_script', 'node servers/commands/start.cjs bench/lab.ts');
    vi.stubEnv(kept, 'true');
    process.argv[1] = resolve('bench/lab.ts');
    beginCommand('npm run lab --', [{ long: '--list' }, { long: '--json' }]);
    expect(vi.mocked(console.error).mock.lastCall?.[0]).toMatch(/"--"\? npm run lab -- --(list|json)$/);
    expect(vi.mocked(process.exit).mock.lastCall?.[0]).toBe(exitCode);
  });
});

describe('a module is a program', () => {
  const [, started] = process.argv as [string, string];
  const folder = mkdtempSync(join(tmpdir(), 'begin-'));
  const link = join(folder, 'link.ts');
  symlinkSync(resolve('servers/main.ts'), link);

  afterEach(() => {
    process.argv[1] = started;
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['when it was started', resolve('servers/main.ts'), true],
    ['when it was started by a symbolic link', link, true],
    ['not when another one was', resolve('bench/lab.ts'), false],
  ])('%s', (_when, path, expected) => {
    process.argv[1] = path;
    expect(isProgram(pathToFileURL(resolve('servers/main.ts')).href)).toBe(expected);
  });
});

it.each(['stdout', 'stderr'] as const)('goes on when nobody reads its %s, and not when it fails', (name) => {
  surviveClosedOutput();
  for (const code of ['EPIPE', 'EIO']) process[name].emit('error', Object.assign(new Error(code), { code }));
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  expect(() => process[name].emit('error', full)).toThrow(full);
});

describe('a command that is told to end', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(signals)('by %s ends in its own way', (signal) => {
    const end = vi.fn();
    onInterrupt(end);
    process.emit(signal);
    expect(end).toHaveBeenCalledTimes(1);
    expect(process.exit).not.toHaveBeenCalled();
  });

  it('is not told twice by a terminal that closes, and ends at once when somebody tells it again', () => {
    const end = vi.fn();
    onInterrupt(end);
    process.emit('SIGHUP');
    process.emit('SIGHUP');
    expect(process.exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1500);
    process.emit('SIGHUP');
    expect(process.exit).not.toHaveBeenCalled();
    process.emit('SIGTERM');
    expect(process.exit).toHaveBeenCalledWith(130);
    expect(end).toHaveBeenCalledTimes(1);
  });

  it('takes the Ctrl-C that npm passes on for the one that the terminal sent', () => {
    const end = vi.fn();
    onInterrupt(end);
    process.emit('SIGINT');
    vi.advanceTimersByTime(300);
    process.emit('SIGINT');
    expect(process.exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1500);
    process.emit('SIGINT');
    expect(process.exit).toHaveBeenCalledWith(130);
    expect(end).toHaveBeenCalledTimes(1);
  });
});
