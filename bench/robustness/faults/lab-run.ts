import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nowMs } from '../../../servers/meter/clock.ts';
import { type Member, membersOf, type Part, parts } from './processes.ts';

/** How to start a lab. */
export type LabSetting = {
  folder: string;
  /** Shell commands before the lab starts, such as `ulimit -n 64`. */
  shell?: string;
  /** A module to load into all its processes, and environment variables for it. */
  preload?: { module: string; env: Record<string, string> };
};

/** How a lab ended: exit code, or name of the signal. */
export type Ended = { exitCode: number | string };

/** Every wait of the lab has a shorter limit. */
const stuckAfterMs = 240_000;

/** Processes without a parent must end within this time: one may still draw a report. */
const orphansGoMs = 15_000;

/** Process groups of running labs. They are not part of this process's group, so nothing else ends them with it. */
const running = new Set<number>();
process.on('exit', () => {
  for (const group of running) sendSignal(-group, 'SIGKILL');
});

const bench = fileURLToPath(new URL('../..', import.meta.url));

/** A short lab in its own process group. */
export class LabRun {
  readonly ended: Promise<Ended>;
  /** Complete once `orphans` has resolved. */
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

  /** Waits until a part of the lab starts. Returns its process id, or `undefined` when the lab ends first. */
  async partOf(part: Part): Promise<number | undefined> {
    while (!this.#hasEnded) {
      const found = this.members.find(({ command }) => command.includes(parts[part]));
      if (found) return found.pid;
      await pause(15);
    }
    return undefined;
  }

  /** Signals a part `afterMs` after its start. Returns whether the part still ran. */
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

  /** The processes of its group. */
  get members(): Member[] {
    return membersOf(this.#pid);
  }

  /** Waits for its end. Returns `undefined` when it is stuck. */
  end(): Promise<Ended | undefined> {
    return Promise.race([this.ended, pause(stuckAfterMs, undefined, { ref: false })]);
  }

  /** Waits until its group is empty, and kills remaining processes. Returns their command lines. */
  async orphans(): Promise<string[]> {
    const deadlineMs = nowMs() + orphansGoMs;
    while (this.members.length > 0 && nowMs() < deadlineMs) await pause(20);
    const left = this.members.map(({ command }) => command.replaceAll(bench, ''));
    if (left.length > 0) sendSignal(-this.#pid, 'SIGKILL');
    running.delete(this.#pid);
    // Other processes may have kept the pipe open.
    await this.#closed;
    return left;
  }
}

/** Sends a signal. Returns whether the process existed. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
