import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runsTypeScript } from '../harness/child.ts';
import { cpuMsOf, memoryOf } from '../harness/meter.ts';

/** Time in which a program has to print its first line. */
const startLimitMs = 20_000;

/**
 * A program in a process of its own. It answers on its standard output, a line each, is told what to do on its
 * standard input, and ends when that does.
 */
export class Contender {
  readonly name: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  readonly #unheard: string[] = [];
  #gone: Error | undefined;

  constructor(name: string, program: string, args: readonly string[], folder?: string) {
    this.name = name;
    this.#process = spawn(program, args, { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout });
    this.#lines.on('line', (line) => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(line);
      else this.#unheard.push(line);
    });
    this.#process.stdin.on('error', () => {});
    this.#process.once('error', (error) => this.#end(error));
    this.#process.once('exit', (code, signal) =>
      this.#end(new Error(`${name} ended (${signal ?? `exit code ${code}`})`)),
    );
  }

  /** Its next line. Rejects when it ends, or says nothing for too long. */
  async hear(): Promise<string> {
    const heard = this.#unheard.shift();
    if (heard !== undefined) return heard;
    if (this.#gone) throw this.#gone;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        this.#waiting.push({ resolve, reject });
        timer = setTimeout(
          () => reject(new Error(`${this.name} printed nothing for ${startLimitMs / 1000} s`)),
          startLimitMs,
        );
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells it something, in one piece. */
  say(lines: readonly string[]): void {
    this.#process.stdin.write(`${lines.join('\n')}\n`);
  }

  /** Milliseconds of CPU that it has used so far. */
  get cpuMs(): number {
    return cpuMsOf(this.#pid);
  }

  /** Bytes of memory that it uses now. */
  get memoryBytes(): number {
    return memoryOf(this.#pid).bytes;
  }

  /** Ends it. Resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
  }

  get #pid(): number {
    if (this.#gone) throw this.#gone;
    return this.#process.pid as number;
  }

  #end(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#gone);
  }
}

/** A program of this folder, run by Node; what is written in TypeScript as the lab's own processes are. */
export function programOf(file: string, ...args: string[]): readonly [string, string[]] {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return [process.execPath, [...(file.endsWith('.ts') ? runsTypeScript : []), path, ...args]];
}
