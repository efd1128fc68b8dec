import { fileURLToPath } from 'node:url';
import { nowMs } from '../../servers/meter/clock.ts';
import { runsTypeScript } from '../harness/child.ts';
import { cpuMsOf, descriptorsOf, memoryOf } from '../harness/meter.ts';
import { LineProcess } from '../harness/own-process.ts';
import { until } from '../harness/process-meter.ts';
import { messageLine } from './message-line.ts';

/** A program that takes part: its file and arguments, and its working folder (default: the folder of this process). */
export type Program = { name: string; program: readonly [string, string[]]; folder?: string };

/** Messages that a server sends to all its clients. `perTurn`: messages in one piece, default 1. */
export type Playing = { perTurn?: number; bodyBytes: number; turnsPerSecond: number };

/**
 * A program of a contest. It reads commands or messages from its standard input, writes a line for each answer, and
 * ends when its standard input does.
 */
export class Contender extends LineProcess {
  constructor({ name, program, folder }: Program) {
    super(name, ...program, { cwd: folder });
  }

  /** The port that a server prints first. Rejects if that line has none. */
  async port(): Promise<number> {
    const port = Number(await this.readLine());
    if (!(port > 0)) throw new Error(`${this.name} did not print its port first`);
    return port;
  }

  /** Writes messages at their scheduled times, from `startMs` (default now) on. Returns when each was written. */
  async play(
    { perTurn = 1, bodyBytes, turnsPerSecond }: Playing,
    durationMs: number,
    startMs = nowMs(),
  ): Promise<number[]> {
    const sentMs: number[] = [];
    const turns = Math.max(1, Math.round((durationMs / 1000) * turnsPerSecond));
    for (let turn = 0; turn < turns; turn += 1) {
      await until(startMs + (turn * 1000) / turnsPerSecond);
      const seqs = Array.from({ length: perTurn }, (_, index) => turn * perTurn + index + 1);
      this.writeLines(seqs.map((seq) => messageLine(seq, nowMs(), bodyBytes)));
      for (const _ of seqs) sentMs.push(nowMs());
    }
    return sentMs;
  }

  /** Milliseconds of CPU used so far. */
  get cpuMs(): number {
    return cpuMsOf(this.#running);
  }

  /** Bytes of memory in use. */
  get memoryBytes(): number {
    return memoryOf(this.#running).bytes;
  }

  /** Open files and sockets. */
  get descriptors(): number {
    return descriptorsOf(this.#running);
  }

  get #running(): number {
    if (this.ended) throw this.ended;
    return this.pid as number;
  }
}

/** A program of this folder, run by Node; what is written in TypeScript as the lab's own processes are. */
export function programOf(file: string, ...args: string[]): Program['program'] {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return [process.execPath, [...(file.endsWith('.ts') ? runsTypeScript : []), path, ...args]];
}

/** A server of this contest, on any free port. */
export function serverOf(file: string, ...args: string[]): Program['program'] {
  return programOf(`./servers/${file}`, '0', ...args);
}
