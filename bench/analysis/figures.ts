/**
 * Figures: each number that a verdict, a claim of LAB.md or the report's first screen reads, computed once, by its
 * experiment.
 */
import { mean } from 'simple-statistics';
import { transportLooks } from '../../clients/transports.ts';
import type { Figure, Fit, Trial } from '../result.ts';
import { type Measured, measuredOf, ratioSpread, spread } from './statistics.ts';
import { writeMs } from './writing.ts';

/** A figure as its experiment computes it. */
export type OwnFigure = Omit<Figure, 'experiment'>;

/** Thrown by a rule that lacks a figure: the verdict is then "inconclusive". */
export class NotEnough extends Error {
  override name = 'NotEnough';
}

/**
 * Whether an error is a `NotEnough`, by its name: an experiment in a file of its own may load this module a second
 * time, and then has another class.
 */
export function isNotEnough(error: unknown): error is Error {
  return error instanceof Error && error.name === 'NotEnough';
}

/** Runs under one condition. `name` is its part of a figure's name, `words` the same for people where that says more. */
export type Lane<Run extends object = Trial> = { name?: string; words?: string; runs: readonly Run[] };

/** What to read from each run of a lane. Default unit: none, for counts, shares and ratios. */
export type Quantity<Run> = readonly [
  name: string,
  label: string,
  read: (run: Run) => number | null | undefined,
  unit?: string,
];

/** A figure for each quantity of a lane, of the runs that have it: their median. The names are "quantity/lane". */
export function figuresOf<Run extends object>(
  { name: lane, words: condition, runs }: Lane<Run>,
  ...quantities: Quantity<Run>[]
): (OwnFigure | undefined)[] {
  return quantities.map(([quantity, label, read, unit]) => {
    const values = runs.flatMap((run) => {
      const value = read(run);
      return typeof value === 'number' ? [{ run, value }] : [];
    });
    const name = lane === undefined ? quantity : `${quantity}/${lane}`;
    return figureWith(
      { name, label, condition, unit },
      overRuns(values),
      values.map(({ run }) => run),
    );
  });
}

/**
 * Summarises values, of which one run may have several, for example one of each distance. `runs` counts the runs, and
 * the interval is that of their means: several values of one run say nothing about the next run.
 */
export function overRuns(values: readonly { run: object; value: number }[]): Measured | undefined {
  const found = spread(values.map(({ value }) => value));
  const runs = [...new Set(values.map(({ run }) => repeatOf(run)))];
  const means = spread(
    runs.map((repeat) => mean(values.flatMap(({ run, value }) => (repeatOf(run) === repeat ? value : [])))),
  );
  return found && means && { ...measuredOf(found), runs: means.runs, interval: means.interval };
}

/** Trials have a repeat, and repeated probes have it among their values. Anything else is a run of its own. */
function repeatOf(run: object): unknown {
  const { repeat, values } = run as { repeat?: number; values?: { repeat?: number } };
  return repeat ?? values?.repeat ?? run;
}

/** The lanes of some runs, in the order of their first run. */
export function lanesBy<Run extends object>(
  runs: readonly Run[],
  nameOf: (run: Run) => string,
  wordsOf?: (run: Run) => string,
): { name: string; words: string | undefined; runs: Run[] }[] {
  return [...new Set(runs.map(nameOf))].map((name) => {
    const own = runs.filter((run) => nameOf(run) === name);
    return { name, words: wordsOf?.(own[0] as Run), runs: own };
  });
}

/** The lanes of transports and poll intervals: "push", "short-poll/1000". */
export function lanesOf(trials: readonly Trial[]) {
  return lanesBy(
    trials,
    ({ transport, parameters: { intervalMs } }) =>
      intervalMs === undefined ? transport : `${transport}/${intervalMs}`,
    ({ transport, parameters: { intervalMs } }) =>
      intervalMs === undefined
        ? transportLooks[transport].label
        : `${transportLooks[transport].label} every ${writeMs(intervalMs)}`,
  );
}

type FigureText = Pick<OwnFigure, 'name' | 'label' | 'condition'> & { unit?: string };

/** A figure with a known value; `undefined` where that is none, or no finite number, which JSON can't express. */
export function figureWith(
  { unit = '', ...text }: FigureText,
  measured: Measured | undefined,
  runs: readonly object[],
): OwnFigure | undefined {
  if (!measured || ![measured.value, measured.low, measured.high].every(Number.isFinite)) return undefined;
  return { unit, ...text, ...measured, trials: [...new Set(runs.flatMap(idOf))] };
}

/** A figure of several runs together, for example a sum; `undefined` without a run. */
export function total(
  name: string,
  label: string,
  value: number,
  runs: readonly object[],
  unit?: string,
): OwnFigure | undefined {
  return runs.length === 0
    ? undefined
    : figureWith({ name, label, unit }, { value, low: value, high: value, runs: 1 }, runs);
}

/** How many times as much a is as b, by trials of the same run: the geometric mean of their ratios. */
export function timesOf(
  name: string,
  label: string,
  pairs: readonly { a: Trial; b: Trial }[],
  read: (trial: Trial) => number,
): OwnFigure | undefined {
  const ratio = ratioSpread(pairs.map(({ a, b }) => ({ a: read(a), b: read(b) })));
  const trials = pairs.flatMap(({ a, b }) => [a, b]);
  return figureWith({ name, label }, ratio, trials);
}

/** One figure divided by another: the quotient of their values, and the extremes of its ends. */
export function quotient(
  name: string,
  label: string,
  a: OwnFigure | undefined,
  b: OwnFigure | undefined,
): OwnFigure | undefined {
  if (!a || !b) return undefined;
  const [value, low, high] = [a.value / b.value, a.low / b.high, a.high / b.low];
  const trials = [...a.trials, ...b.trials].map((id) => ({ id }));
  return figureWith({ name, label }, { value, low, high, runs: Math.min(a.runs, b.runs) }, trials);
}

/** A fitted estimate with its 95% interval. `runs` counts the trials that it was fitted to. */
export function fitted(
  name: string,
  label: string,
  { value, low, high }: Pick<Fit, 'value' | 'low' | 'high'>,
  trials: readonly Trial[],
  unit?: string,
): OwnFigure | undefined {
  return figureWith({ name, label, unit }, { value, low, high, runs: trials.length }, trials);
}

/** The figure of this name among some. */
export function named(figures: readonly (OwnFigure | undefined)[], name: string): OwnFigure | undefined {
  return figures.find((one) => one?.name === name);
}

/** Trials have an id; probes and capacities have none. */
function idOf(run: object): string[] {
  return 'id' in run && typeof run.id === 'string' ? [run.id] : [];
}

/** The figures of one experiment, for its rule and its sentence. Remembers the trials of those that were read. */
export class Figures {
  readonly #all: readonly OwnFigure[];
  readonly #read = new Set<string>();

  constructor(all: readonly OwnFigure[]) {
    this.#all = all;
  }

  /** The figure of this name; `undefined` where it was not measured. */
  get(name: string): OwnFigure | undefined {
    return this.#remember(this.#all.filter((one) => one.name === name))[0];
  }

  /** The figures whose names begin with `prefix/`, in their order. */
  under(prefix: string): OwnFigure[] {
    return this.#remember(this.#all.filter(({ name }) => name.startsWith(`${prefix}/`)));
  }

  /** The figures of these names. Throws `NotEnough` with this message where one is missing. */
  need<Names extends readonly string[]>(
    otherwise: string,
    ...names: Names
  ): { [Index in keyof Names]: OwnFigure } {
    const found = names.map((name) => this.get(name));
    if (found.includes(undefined)) throw new NotEnough(otherwise);
    return found as { [Index in keyof Names]: OwnFigure };
  }

  /** The ids of all trials behind the figures that were read. */
  get evidence(): ReadonlySet<string> {
    return this.#read;
  }

  #remember(found: OwnFigure[]): OwnFigure[] {
    for (const { trials } of found) for (const id of trials) this.#read.add(id);
    return found;
  }
}

/** The figures of an experiment in a result that have this name, or whose names begin with it and a slash. */
export function figuresUnder(
  { figures }: { figures: readonly Figure[] },
  experiment: string,
  name: string,
): Figure[] {
  return figures.filter(
    (one) => one.experiment === experiment && (one.name === name || one.name.startsWith(`${name}/`)),
  );
}
