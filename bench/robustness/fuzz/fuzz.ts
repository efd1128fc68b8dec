import fc from 'fast-check';

/**
 * Fuzzing: inputs by the thousand, and what has to come of each of them.
 *
 *     seed ──► inputs ──► target ──► taken
 *                                └─► refused, with a reason that a person can act on
 *                                └─► anything else is a finding: a crash, a hang, a refusal without a word
 *
 * The seed of a target derives from the run's and from its name, so that one target alone repeats what it
 * was given among all.
 */
export type Target<Input> = {
  name: string;
  /** What it is, for the table: a parser is called, a server is spoken to over a socket. */
  kind: 'parser' | 'server';
  input: fc.Arbitrary<Input>;
  /** Inputs that are handed over together: as many as share a connection. Default 1. */
  together?: number;
  /** Starts it. Rejects when it can't be started, which is no finding. */
  open(): Promise<Opened<Input>>;
};

/** A target that runs. */
export type Opened<Input> = {
  /** What became of each input, in order. Throws what the target should not have thrown. */
  judge(inputs: readonly Input[]): Outcome[] | Promise<Outcome[]>;
  /** Ends it. Rejects with a finding when it is not as it was before: a message lost, a connection left. */
  close?(): Promise<void>;
};

/** Taken, or refused with a reason. */
export type Outcome = { refused?: string };

export const taken: Outcome = {};

/** What became of a target's inputs. */
export type Fuzzed = {
  target: string;
  kind: Target<unknown>['kind'];
  seed: number;
  inputs: number;
  taken: number;
  refused: number;
  /** Inputs that went down badly, by how: the first of each kind is in `finding`. */
  crashes: number;
  rejections: number;
  hangs: number;
  unnamed: number;
  durationMs: number;
  /** The first that went down badly, if any did, and how. */
  finding?: string;
};

/** Far more than any answer takes on the slowest machine: who has not answered by then never will. */
const hangMs = 60_000;

/** Runs a target with so many inputs. Ends with the first finding. */
export async function fuzz(
  target: Target<never>,
  count: number,
  seed: number,
  onProgress: (inputs: number) => void = () => {},
): Promise<Fuzzed> {
  const { input, together = 1 } = target as Target<unknown>;
  const startedMs = performance.now();
  const fuzzed = nothingYet(target, seed);
  const watch = watchProcess(fuzzed);
  const opened = (await target.open()) as Opened<unknown>;
  const size = Math.min(together, count);
  const runs = Math.ceil(count / size);
  let last: readonly unknown[] = [];
  const property = fc.asyncProperty(fc.array(input, { minLength: size, maxLength: size }), async (inputs) => {
    last = inputs.slice(0, count - fuzzed.inputs);
    const outcomes = await withinTime(opened.judge(last));
    for (const [index, outcome] of outcomes.entries()) enter(fuzzed, outcome, last[index]);
    if (outcomes.length !== last.length)
      throw new Finding('hangs', `${last.length - outcomes.length} inputs got no response: ${show(last)}`);
    watch.check();
    onProgress(fuzzed.inputs);
  });
  // A crash may have left the target in any state, so nothing more is tried on it, smaller inputs included.
  const options = { seed: fuzzed.seed, numRuns: runs, endOnFailure: true };
  try {
    const { failed, errorInstance } = await fc.check(property, options);
    if (failed) note(fuzzed, errorInstance, last);
    else await withinTime(opened.close?.());
    watch.check();
  } catch (error) {
    note(fuzzed, error, last);
  } finally {
    watch.end();
    if (fuzzed.finding !== undefined) await withinTime(opened.close?.()).catch(() => {});
  }
  fuzzed.durationMs = Math.round(performance.now() - startedMs);
  return fuzzed;
}

/** A target that was given nothing so far. `seed` is that of the whole run. */
export function nothingYet({ name, kind }: Pick<Target<never>, 'name' | 'kind'>, seed: number): Fuzzed {
  return {
    target: name,
    kind,
    seed: seedOf(name, seed),
    inputs: 0,
    taken: 0,
    refused: 0,
    crashes: 0,
    rejections: 0,
    hangs: 0,
    unnamed: 0,
    durationMs: 0,
  };
}

/** How to see a finding again. */
export function repeatCommand({ target }: Fuzzed, count: number, seed: number): string {
  return `npm run robustness -- fuzz --only ${target} --count ${count} --seed ${seed}`;
}

/** Calls a parser. A reason makes a refusal; an error of the language itself is a crash, and is thrown on. */
export function attempt(parse: () => unknown): Outcome {
  try {
    parse();
    return taken;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
      throw error;
    return { refused: (error as Error).message };
  }
}

/** Whether a reason says something to a person: some words, in one line, that are no leak from inside. */
export function isReason(text: string): boolean {
  return (
    /\S+ \S+/.test(text) && !/\p{Cc}|Cannot read|is not a function|is not iterable|\[object /u.test(text)
  );
}

type Badly = 'crashes' | 'rejections' | 'hangs' | 'unnamed';

class Finding extends Error {
  readonly how: Badly;

  constructor(how: Badly, message: string) {
    super(message);
    this.how = how;
  }
}

function enter(fuzzed: Fuzzed, { refused }: Outcome, input: unknown): void {
  fuzzed.inputs += 1;
  if (refused === undefined) fuzzed.taken += 1;
  else if (isReason(refused)) fuzzed.refused += 1;
  else throw new Finding('unnamed', `refused with ${JSON.stringify(refused)}: ${show(input)}`);
}

function note(fuzzed: Fuzzed, error: unknown, last: readonly unknown[]): void {
  const how = error instanceof Finding ? error.how : 'crashes';
  fuzzed[how] += 1;
  const { message, stack } = error as Error;
  fuzzed.finding ??= error instanceof Finding ? message : `${stack ?? message}, after ${show(last)}`;
}

/** Errors that reach nobody would end the process. */
function watchProcess(fuzzed: Fuzzed) {
  let found: Finding | undefined;
  const onException = (error: unknown) => {
    found ??= new Finding('crashes', `uncaught: ${(error as Error)?.stack ?? error}`);
  };
  const onRejection = (error: unknown) => {
    found ??= new Finding('rejections', `unhandled rejection: ${(error as Error)?.stack ?? error}`);
  };
  process.on('uncaughtException', onException).on('unhandledRejection', onRejection);
  return {
    check() {
      if (found && fuzzed.finding === undefined) throw found;
    },
    end() {
      process.off('uncaughtException', onException).off('unhandledRejection', onRejection);
    },
  };
}

async function withinTime<T>(work: T | Promise<T>): Promise<T> {
  if (!(work instanceof Promise)) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Finding('hangs', `no response within ${hangMs / 1000} s`)), hangMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A seed of 31 bits of a name and a number (FNV-1a). */
function seedOf(name: string, seed: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${name} ${seed}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return hash >>> 1;
}

function show(input: unknown): string {
  const text = fc.stringify(input);
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
}
