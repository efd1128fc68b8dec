/**
 * Figures: each number that a verdict, a claim of LAB.md or the report's first screen reads, computed once, by its
 * experiment.
 */
import { transportLooks } from '../../clients/transports.ts';
import type { Figure, Fit, Trial } from '../result.ts';
import { type Measured, ratioSpread, spread } from './statistics.ts';
import { writeMs } from './writing.ts';

/** A figure as its experiment computes it. */
export type OwnFigure = Omit<Figure, 'experiment'>;

/** What a figure is: see `figureSchema`. Default unit: none, for counts, shares and ratios. */
export type FigureText = Pick<OwnFigure, 'name' | 'label' | 'condition'> & { unit?: string };

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

/** A figure with one value per run, their median; `undefined` where no run has a finite value. */
export function figure<Run extends object>(
  text: FigureText,
  runs: readonly Run[],
  read: (run: Run) => number | null | undefined,
): OwnFigure | undefined {
  const found = spread(runs.map(read));
  if (!found) return undefined;
  const { median: value, ...range } = found;
  return figureWith(text, { value, ...range }, runs);
}

/** A figure of several runs together, for example a sum; `undefined` without a run. */
export function total(text: FigureText, value: number, runs: readonly object[]): OwnFigure | undefined {
  return runs.length === 0 ? undefined : figureWith(text, { value, low: value, high: value, runs: 1 }, runs);
}

/** How many times as much a is as b, by trials of the same run: the geometric mean of their ratios. */
export function timesFigure(
  text: FigureText,
  pairs: readonly { a: Trial; b: Trial }[],
  read: (trial: Trial) => number,
): OwnFigure | undefined {
  const ratio = ratioSpread(pairs.map(({ a, b }) => ({ a: read(a), b: read(b) })));
  return figureWith(
    text,
    ratio,
    pairs.flatMap(({ a, b }) => [a, b]),
  );
}

/** A fitted estimate with its 95% interval. `runs` counts the trials that it was fitted to. */
export function fittedFigure(
  text: FigureText,
  { value, low, high }: Pick<Fit, 'value' | 'low' | 'high'>,
  trials: readonly Trial[],
): OwnFigure | undefined {
  return figureWith(text, { value, low, high, runs: trials.length }, trials);
}

/** A figure with a known value; `undefined` where that is none, or no finite number, which JSON can't express. */
export function figureWith(
  text: FigureText,
  measured: Measured | undefined,
  runs: readonly object[],
): OwnFigure | undefined {
  if (!measured || ![measured.value, measured.low, measured.high].every(Number.isFinite)) return undefined;
  return { unit: '', ...text, ...measured, trials: [...new Set(runs.flatMap(idOf))] };
}

/** Trials have an id; probes and capacities have none. */
function idOf(run: object): string[] {
  return 'id' in run && typeof run.id === 'string' ? [run.id] : [];
}

/** One figure divided by another: the quotient of their values, and the extremes of its ends. */
export function quotient(
  text: FigureText,
  a: OwnFigure | undefined,
  b: OwnFigure | undefined,
): OwnFigure | undefined {
  if (!a || !b) return undefined;
  const measured = {
    value: a.value / b.value,
    low: a.low / b.high,
    high: a.high / b.low,
    runs: Math.min(a.runs, b.runs),
  };
  return figureWith(
    text,
    measured,
    [...a.trials, ...b.trials].map((id) => ({ id })),
  );
}

/** The figure of this name among some. */
export function named(figures: readonly (OwnFigure | undefined)[], name: string): OwnFigure | undefined {
  return figures.find((one) => one?.name === name);
}

/** Trials of one transport and poll interval. `name` is their part of a figure's name, `words` the same for people. */
export type Lane = { name: string; words: string; trials: Trial[] };

/** The lanes of some trials: "push", "short-poll/1000". */
export function lanesOf(trials: readonly Trial[]): Lane[] {
  const nameOf = ({ transport, parameters: { intervalMs } }: Trial) =>
    intervalMs === undefined ? transport : `${transport}/${intervalMs}`;
  return [...new Set(trials.map(nameOf))].map((name) => {
    const own = trials.filter((trial) => nameOf(trial) === name);
    const [{ transport, parameters }] = own as [Trial];
    const { label } = transportLooks[transport];
    const { intervalMs } = parameters;
    const words = intervalMs === undefined ? label : `${label} every ${writeMs(intervalMs)}`;
    return { name, words, trials: own };
  });
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

/** The figure of this name in a result; `undefined` where it was not measured. */
export function figureOf(
  { figures }: { figures: readonly Figure[] },
  experiment: string,
  name: string,
): Figure | undefined {
  return figures.find((one) => one.experiment === experiment && one.name === name);
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
