import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/**
 * A process that this process has started: how it ended, and a way to end it. Two classes communicate with such a
 * process: `Child` calls functions of our own modules, `LineProcess` exchanges lines with any program.
 */
export class OwnProcess {
  readonly name: string;
  readonly process: ChildProcess;
  readonly #onEnded: (error: Error) => void;
  #ended: Error | undefined;

  /** `onEnded` is called once, when the process has ended for any reason. */
  constructor(name: string, process: ChildProcess, onEnded: (error: Error) => void = () => {}) {
    this.name = name;
    this.process = process;
    this.#onEnded = onEnded;
    process.on('error', (error) => this.#end(error));
    process.once('exit', (code, signal) =>
      this.#end(new Error(`${name} ended (${signal ?? `exit code ${code}`})`)),
    );
  }

  /** The operating system's number of the process; `undefined` if it could not start. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** How the process ended; `undefined` while it runs. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  /** Ends the process at once, with SIGKILL. */
  kill(): void {
    this.process.kill('SIGKILL');
    this.#end(new Error(`${this.name} was stopped`));
  }

  /** Resolves when the process has exited. */
  async gone(): Promise<void> {
    const { pid, exitCode, signalCode } = this.process;
    if (pid !== undefined && exitCode === null && signalCode === null) await once(this.process, 'exit');
  }

  /** Ends the process. Resolves when it has exited. */
  async stop(): Promise<void> {
    this.kill();
    await this.gone();
  }

  #end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#onEnded(error);
  }
}

/** `reads`: the outputs whose lines are read; the others are inherited. Default: the standard output. */
export type LineOptions = Pick<SpawnOptions, 'cwd' | 'env' | 'detached'> & {
  reads?: readonly ('stdout' | 'stderr')[];
};

/** Default time limit for a line. */
const lineLimitMs = 20_000;

/** A program that prints lines, and reads lines from its standard input. */
export class LineProcess extends OwnProcess {
  /** All lines that the program has printed. */
  readonly lines: string[] = [];
  readonly #news = new EventEmitter();
  #read = 0;
  #closed = false;

  constructor(
    name: string,
    program: string,
    args: readonly string[],
    { reads = ['stdout'], ...options }: LineOptions = {},
  ) {
    const [stdout, stderr] = (['stdout', 'stderr'] as const).map((output) =>
      reads.includes(output) ? 'pipe' : 'inherit',
    );
    super(name, spawn(program, args, { ...options, stdio: ['pipe', stdout, stderr] }));
    for (const output of reads)
      createInterface({ input: this.process[output] as Readable }).on('line', (line) => {
        this.lines.push(line);
        this.#news.emit('news');
      });
    this.process.stdin?.on('error', () => {});
    // The last lines can arrive after the exit.
    this.process.once('close', () => {
      this.#closed = true;
      this.#news.emit('news');
    });
  }

  /**
   * Returns the next line that contains a text or matches a pattern, and skips the lines before it. `from` is the
   * index of the first line to search. Default: the line after the last one returned. Rejects when the process has
   * ended, or prints no such line within `limitMs` (default 20,000).
   */
  async readLine(
    wanted: string | RegExp = '',
    { limitMs = lineLimitMs, from = this.#read }: { limitMs?: number; from?: number } = {},
  ): Promise<string> {
    const limit = AbortSignal.timeout(limitMs);
    for (let place = from; ; ) {
      for (; place < this.lines.length; place += 1) {
        const line = this.lines[place] as string;
        if (typeof wanted === 'string' ? !line.includes(wanted) : !wanted.test(line)) continue;
        this.#read = place + 1;
        return line;
      }
      if (this.#closed) throw this.ended;
      await once(this.#news, 'news', { signal: limit }).catch(() => {
        throw new Error(`${this.name} printed no ${wanted || 'line'} within ${limitMs / 1000} s`);
      });
    }
  }

  /**
   * Returns the line that says that the program is ready. Rejects if the program can't start, ends before that line,
   * or takes longer than `limitMs` (default 20,000). `lastWords` selects the lines that the error message repeats.
   */
  async waitUntilReady(
    wanted: RegExp,
    lastWords: (lines: readonly string[]) => string,
    limitMs = lineLimitMs,
  ): Promise<string> {
    try {
      return await this.readLine(wanted, { limitMs });
    } catch {
      const { pid, exitCode } = this.process;
      let why = `ended with exit code ${exitCode} before it accepted connections`;
      if (!this.ended) why = `did not start within ${limitMs / 1000} s`;
      else if (pid === undefined) why = `did not start (${this.ended.message})`;
      throw new Error(`${this.name} ${why}${lastWords(this.lines)}`);
    }
  }

  /** Writes lines to the program's standard input, in one piece. */
  writeLines(lines: readonly string[]): void {
    this.process.stdin?.write(`${lines.join('\n')}\n`);
  }
}
