import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { surviveClosedOutput } from '../../servers/commands/begin.ts';

/** What Node needs to be told to run our files as they are. */
export const runsTypeScript = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];

/**
 * Calls into a process of our own: a function name and its argument go over, its value comes back.
 * The calls use Node's channel between parent and child, never the transport that is being measured.
 */
type Call = { id: number; name: string; argument: unknown };
type Reply = { id: number; value?: unknown; error?: string };

/** The functions that a child offers: one argument in, one value out. */
export type Handlers = Record<string, (argument: never) => unknown>;

/** In the child: answers calls until the parent is gone. */
export function serveCalls(handlers: Handlers): void {
  surviveClosedOutput();
  process.on('message', async ({ id, name, argument }: Call) => {
    try {
      const value = await handlers[name]?.(argument as never);
      reply({ id, value });
    } catch (error) {
      reply({ id, error: (error as Error).message });
    }
  });
  process.once('disconnect', () => process.exit(0));
  // Ctrl-C, and the end of the terminal, reach every process of its group; ending the run is the parent's business.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
}

/** Without anybody to be told of a failure, a parent that is gone is none. */
function reply(said: Reply): void {
  process.send?.(said, undefined, undefined, () => {});
}

/** In the parent: one child process and the calls into it. */
export class Child<H extends Handlers> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly #name: string;
  readonly #onEnded: (error: Error) => void;
  #calls = 0;
  #gone: Error | undefined;

  /** Starts the module, a path relative to this file. `onEnded` is told once it has ended, by whomever. */
  constructor(module: string, onEnded: (error: Error) => void = () => {}) {
    this.#onEnded = onEnded;
    this.#name = module.replace(/^\.\/|\.ts$/g, '');
    this.#process = fork(fileURLToPath(new URL(module, import.meta.url)), {
      serialization: 'advanced',
      execArgv: [...runsTypeScript, '--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', ({ id, value, error }: Reply) => {
      const call = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) call?.resolve(value);
      else call?.reject(new Error(error));
    });
    this.#process.once('error', (error) => this.#end(error));
    this.#process.once('exit', (code, signal) =>
      this.#end(new Error(`the ${this.#name} ended (${signal ?? `exit code ${code}`})`)),
    );
  }

  /** Calls a function of the child. Rejects with its error, or when the child ends or takes more than `limitMs`. */
  call<N extends keyof H & string>(
    name: N,
    argument: Parameters<H[N]>[0],
    limitMs = 60_000,
  ): Promise<Awaited<ReturnType<H[N]>>> {
    if (this.#gone) return Promise.reject(this.#gone);
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the ${this.#name} sent no response to "${name}" within ${limitMs / 1000} s`)),
        limitMs,
      );
      const settle = <T>(how: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          how(value);
        };
      };
      this.#waiting.set(id, { resolve: settle(resolve as (value: unknown) => void), reject: settle(reject) });
      this.#process.send({ id, name, argument } satisfies Call);
    });
  }

  /** The operating system's number of the process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How it ended, once it has, by whomever. */
  get ended(): Error | undefined {
    return this.#gone;
  }

  /** Ends the process at once; what was called and not answered rejects. */
  kill(): void {
    this.#process.kill('SIGKILL');
    this.#end(new Error(`the ${this.#name} was stopped`));
  }

  #end(error: Error): void {
    if (!this.#gone) this.#onEnded(error);
    this.#gone ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}
