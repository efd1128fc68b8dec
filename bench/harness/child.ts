import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { surviveClosedOutput } from '../../servers/commands/begin.ts';
import { OwnProcess } from './own-process.ts';

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

/** In the parent: one child process and the calls into it. Pending calls reject when the process ends. */
export class Child<H extends Handlers> extends OwnProcess {
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #calls = 0;

  /** Starts the module, a path relative to this file. `onEnded` is called once, when the process has ended for any reason. */
  constructor(module: string, onEnded: (error: Error) => void = () => {}) {
    const started = fork(fileURLToPath(new URL(module, import.meta.url)), {
      serialization: 'advanced',
      execArgv: [...runsTypeScript, '--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    super(`the ${module.replace(/^\.\/|\.ts$/g, '')}`, started, (error) => {
      onEnded(error);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    started.on('message', ({ id, value, error }: Reply) => {
      const call = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) call?.resolve(value);
      else call?.reject(new Error(error));
    });
  }

  /** Calls a function of the child. Rejects with its error, or when the child ends or takes more than `limitMs`. */
  call<N extends keyof H & string>(
    name: N,
    argument: Parameters<H[N]>[0],
    limitMs = 60_000,
  ): Promise<Awaited<ReturnType<H[N]>>> {
    if (this.ended) return Promise.reject(this.ended);
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.name} sent no response to "${name}" within ${limitMs / 1000} s`)),
        limitMs,
      );
      const settle = <T>(how: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          how(value);
        };
      };
      this.#waiting.set(id, { resolve: settle(resolve as (value: unknown) => void), reject: settle(reject) });
      this.process.send({ id, name, argument } satisfies Call);
    });
  }
}
