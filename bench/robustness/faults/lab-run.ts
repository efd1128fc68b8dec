import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nowMs } from '../../../servers/meter/clock.ts';
import { type Member, membersOf, type Part, parts } from './processes.ts';

/** How a lab is to be started: what the shell does before, what is loaded with it, and for whom. */
export type LabSetting = {
  folder: string;
  /** Commands of the shell that starts it, such as `ulimit -n 64`. */
  shell?: string;
  /** A module to load into every process of it, and what that is told in the environment. */
  preload?: { module: string; env: Record<string, string> };
};

/** How a lab ended. `exitCode` is the name of the signal where one ended it. */
export type Ended = { exitCode: number | string };

/** Longer than any run takes that is not stuck; every wait of the lab has a shorter limit. */
const stuckAfterMs = 240_000;

/** What is left to processes that have lost their parent to find out and go: a report may still be drawn. */
const orphansGoMs = 15_000;

/** Groups of labs that run. Nobody else ends them when this process goes: they are no part of its own group. */
const running = new Set<number>();
process.on('exit', () => {
  for (const group of running) sendSignal(-group, 'SIGKILL');
});

const bench = fileURLToPath(new URL('../..', import.meta.url));

/** A brief lab in a process group of its own. */
export class LabRun {
  readonly ended: Promise<Ended>;
  /** All that it has written to its error output, once `orphans` has resolved. */
  stderr = '';
  readonly #closed: Promise<unknown>;
  readonly #pid: number;
  #hasEnded = false;

  constructor({ folder, shell = '', preload }: LabSetting) {
    const lab = ['bench/lab.ts', '--profile', 'quick', '--experiment', 'bench/robustness/faults/brief.ts'];
    const command = [process.execPath, 'servers/commands/start.cjs', ...lab, '--no-open', '--out', folder];
    const child = spawn('sh', ['-c', `${shell ? `${shell}; ` : ''}exec "$@"`, 'sh', ...command], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        NO_COLOR: '1',
        ...preload?.env,
        ...(preload && {
          NODE_OPTIONS: `--import ${new URL(`./preload/${preload.module}`, import.meta.url)}`,
        }),
      },
    });
    this.#pid = child.pid as number;
    running.add(this.#pid);
    child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.#closed = once(child, 'close');
    this.ended = once(child, 'exit').then(([code, signal]) => {
      this.#hasEnded = true;
      return { exitCode: code ?? signal };
    });
  }

  /** Waits until a part of the lab is there; `undefined` when the lab ends before it comes. */
  async partOf(part: Part): Promise<number | undefined> {
    while (!this.#hasEnded) {
      const found = this.members.find(({ command }) => command.includes(parts[part]));
      if (found) return found.pid;
      await pause(15);
    }
    return undefined;
  }

  /** Signals a part so long after it has come, if it is still there. Returns whether it was. */
  async signal(part: Part, signal: NodeJS.Signals, afterMs: number): Promise<boolean> {
    const pid = await this.partOf(part);
    if (pid === undefined) return false;
    await Promise.race([pause(afterMs), this.ended]);
    return !this.#hasEnded && sendSignal(pid, signal);
  }

  /** Whether the lab has not ended yet. */
  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  /** Everybody who lives in its process group. */
  get members(): Member[] {
    return membersOf(this.#pid);
  }

  /** Waits for its end; `undefined` when it is stuck. */
  async end(): Promise<Ended | undefined> {
    const stuck = new AbortController();
    const ended = await Promise.race([this.ended, pause(stuckAfterMs, stuck.signal)]);
    stuck.abort();
    return ended ?? undefined;
  }

  /** Waits until nobody is left of its group, and ends those who stay. Returns the command lines of these. */
  async orphans(): Promise<string[]> {
    const deadlineMs = nowMs() + orphansGoMs;
    while (this.members.length > 0 && nowMs() < deadlineMs) await pause(20);
    const left = this.members.map(({ command }) => command.replaceAll(bench, ''));
    if (left.length > 0) sendSignal(-this.#pid, 'SIGKILL');
    running.delete(this.#pid);
    // What a process wrote last can be read only after it has ended, and others may have held the pipe.
    await this.#closed;
    return left;
  }
}

/** Sends a signal. Returns whether there was anybody to get it. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Waits so long, or until the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
