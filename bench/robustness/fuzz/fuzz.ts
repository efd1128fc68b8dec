import fc from 'fast-check';

/**
 * Fuzzing: thousands of inputs, and the allowed outcomes of each.
 *
 *     seed ──► inputs ──► target ──► accepted
 *                                └─► refused, with a reason that a person can act on
 *                                └─► anything else is a finding: a crash, a hang, a refusal without a reason
 *
 * The seed of a target derives from the run's seed and its name, so that `--only` repeats its inputs.
 */
export type Target<Input> = {
  name: string;
  /** A parser is called, a server gets its inputs over a socket. */
  kind: 'parser' | 'server';
  input: fc.Arbitrary<Input>;
  /** Number of inputs that are judged together: as many as share a connection. Default 1. */
  together?: number;
  /** Starts it. Rejects when it can't start, which is no finding. */
  open(): Promise<Opened<Input>>;
};

/** A running target. */
export type Opened<Input> = {
  /** Returns the outcome of each input, in order. Throws what the target should not have thrown. */
  judge(inputs: readonly Input[]): Outcome[] | Promise<Outcome[]>;
  /** Ends it. Rejects with a finding, such as a lost message or an open connection. */
  close?(): Promise<void>;
};

/** Accepted, or refused with a reason. */
export type Outcome = { refused?: string };

export const taken: Outcome = {};

/** The outcomes of a target's inputs. */
export type Fuzzed = {
  target: string;
  kind: Target<unknown>['kind'];
  seed: number;
  inputs: number;
  taken: number;
  refused: number;
  /** Findings by kind. `unnamed`: refused without a reason. */
  crashes: number;
  rejections: number;
  hangs: number;
  unnamed: number;
  durationMs: number;
  /** The first finding. */
  finding?: string;
};

/** Far longer than any response takes on the slowest machine. */
const hangMs = 60_000;

/** Runs a target with `count` inputs, until the first finding. */
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
    for (const [index, outcome] of outcomes.entries()) tally(fuzzed, outcome, last[index]);
    if (outcomes.length !== last.length)
      throw new Finding('hangs', `${last.length - outcomes.length} inputs got no response: ${show(last)}`);
    watch.check();
    onProgress(fuzzed.inputs);
  });
  // A crash may have left the target in any state, so it gets no further inputs, not even smaller ones.
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

/** The outcomes of a target before its first input. `seed` is that of the whole run. */
export function nothingYet({ name, kind }: Pick<Target<never>, 'name' | 'kind'>, seed: number): Fuzzed {
  const outcomes = { inputs: 0, taken: 0, refused: 0, crashes: 0, rejections: 0, hangs: 0, unnamed: 0 };
  return { target: name, kind, seed: seedOf(name, seed), ...outcomes, durationMs: 0 };
}

/** The command that repeats a finding. */
export function repeatCommand({ target }: Fuzzed, count: number, seed: number): string {
  return `npm run robustness -- fuzz --only ${target} --count ${count} --seed ${seed}`;
}

/** Calls a parser. Its errors are refusals; errors of the language itself are crashes, and are thrown again. */
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

/** Whether a reason helps a person: some words in one line, and no internals. */
export function isReason(text: string): boolean {
  return (
    /\S+ \S+/.test(text) && !/\p{Cc}|Cannot read|is not a function|is not iterable|\[object /u.test(text)
  );
}

/** Forgets the type of the inputs, so that targets fit into one list. */
export function asTarget<Input>(target: Target<Input>): Target<never> {
  return target as unknown as Target<never>;
}

/** Judges groups of inputs at the same time. Returns the outcomes in the order of the inputs. */
export async function judgeGroups<Input, Key>(
  inputs: readonly Input[],
  keyOf: (input: Input, index: number) => Key,
  judge: (key: Key, group: Input[]) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const keys = inputs.map(keyOf);
  const outcomes: Outcome[] = [];
  const judgeGroup = async (key: Key) => {
    const places = [...keys.keys()].filter((place) => keys[place] === key);
    const found = await judge(
      key,
      places.map((place) => inputs[place] as Input),
    );
    for (const [index, place] of places.entries()) outcomes[place] = found[index] as Outcome;
  };
  await Promise.all([...new Set(keys)].map(judgeGroup));
  return outcomes;
}

/** Judges inputs on one connection after another: `send` returns the outcomes of the first inputs, at least of one. */
export async function judgeInTurn<Input>(
  inputs: readonly Input[],
  send: (inputs: readonly Input[]) => Outcome[] | Promise<Outcome[]>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < inputs.length) outcomes.push(...(await send(inputs.slice(outcomes.length))));
  return outcomes;
}

type Badly = 'crashes' | 'rejections' | 'hangs' | 'unnamed';

class Finding extends Error {
  readonly how: Badly;

  constructor(how: Badly, message: string) {
    super(message);
    this.how = how;
  }
}

function tally(fuzzed: Fuzzed, { refused }: Outcome, input: unknown): void {
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

/** Turns uncaught errors, which would end the process, into findings. */
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
