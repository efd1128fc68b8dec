import { mean, median } from 'simple-statistics';
import type { Finding, Result, Trial } from '../result.ts';
import { type Quantity, quantities } from './comparison-quantities.ts';
import { type ComparisonWarning, comparisonWarnings } from './comparison-warnings.ts';
import { type Condition, conditionsOf, haveSameWindow } from './conditions.ts';
import { clearlyDifferent, type Interval, welchRatio } from './interval.ts';

/**
 * Compares two results: the differences from A to B that are larger than chance.
 *
 * A row is one quantity under one condition. The runs of a row are not paired: with equal seeds they play the same
 * messages, but at different times, and pairs would need as many runs on both sides.
 *
 * A comparison has hundreds of rows, and 1 in 20 of their 95% intervals misses the true value. A row is therefore a
 * difference only where a stricter interval excludes 1 too: by Bonferroni, with the 5% divided by the number of
 * all rows that have an interval, whatever their quantity. Without a real difference, 19 of 20 comparisons then
 * find none. The level covers all quantities, because a reader sees one page and not seven families. It is
 * Bonferroni's and not Holm's, because a reader can check one level by eye, and Holm's differs from row to row for
 * little gain. Differences that are small compared with the scatter of the runs are missed.
 *
 * All runs of a file share one session on one machine. If the machine was busier in one session, the difference is
 * clear, but the transports did not cause it.
 */
export type Comparison = {
  warnings: ComparisonWarning[];
  verdicts: ComparedVerdict[];
  rows: ComparedRow[];
  /** Conditions with usable runs in only one result. */
  onlyInA: Condition[];
  onlyInB: Condition[];
  /** Conditions whose windows have different lengths: only latency and memory are compared. */
  otherWindow: Condition[];
  /** Rows that have an interval. */
  withInterval: number;
  /** The confidence of the `strict` intervals: all of them hold in 19 of 20 comparisons. */
  strictConfidence: number;
};

/** The difference of B from A. */
export type Difference = 'higher' | 'lower' | 'no clear difference';

export type ComparedRow = {
  condition: Condition;
  quantity: Quantity;
  a: Side;
  b: Side;
  /** b/a. `undefined` where a run measured 0. */
  ratio?: number;
  /** 95%; needs two runs on each side. */
  interval?: Bounds;
  strict?: Bounds;
  difference: Difference;
};

/** The geometric mean of the runs; where one of them is 0, their median. */
export type Side = { value: number; runs: number };

export type Bounds = Pick<Interval, 'low' | 'high'>;

export type ComparedVerdict = {
  experiment: string;
  claim: string;
  a?: Judged;
  b?: Judged;
  change: 'same' | 'changed' | 'only in A' | 'only in B';
};

type Judged = Pick<Finding, 'verdict' | 'provisional'>;

/** The share of comparisons without a real difference that may find one. */
const falseAlarmShare = 0.05;

/** Compares two results, condition by condition and claim by claim. */
export function compareResults(a: Result, b: Result): Comparison {
  const before = conditionsOf(a);
  const after = conditionsOf(b);
  const shared = [...before].flatMap(([key, { condition, runs }]) => {
    const other = after.get(key);
    return other ? [{ condition, a: runs, b: other.runs }] : [];
  });
  const measured = shared.flatMap((both) => quantities.flatMap((quantity) => measuredRow(both, quantity)));
  const withInterval = measured.filter(({ interval }) => interval).length;
  const strictConfidence = 1 - falseAlarmShare / Math.max(1, withInterval);
  const only = (own: typeof before, other: typeof before) =>
    [...own].filter(([key]) => !other.has(key)).map(([, { condition }]) => condition);
  return {
    warnings: comparisonWarnings(a, b),
    verdicts: compareVerdicts(a.findings, b.findings),
    rows: measured.map((row) => judged(row, strictConfidence)),
    onlyInA: only(before, after),
    onlyInB: only(after, before),
    otherWindow: shared.filter((both) => !haveSameWindow(both.a, both.b)).map(({ condition }) => condition),
    withInterval,
    strictConfidence,
  };
}

/** A condition with usable runs in both results. */
type SharedCondition = { condition: Condition; a: Trial[]; b: Trial[] };

/** A row before the number of rows is known. */
type MeasuredRow = Omit<ComparedRow, 'difference' | 'strict'> & {
  runs: { a: number[]; b: number[] };
  resolution: number;
};

/** One quantity under one condition; nothing where a side has no value, or all values are 0. */
function measuredRow({ condition, ...both }: SharedCondition, quantity: Quantity): MeasuredRow[] {
  if (quantity.needsServerAlone && condition.sideBySide) return [];
  if (quantity.needsSameWindow && !haveSameWindow(both.a, both.b)) return [];
  const runs = { a: valuesOf(quantity, both.a), b: valuesOf(quantity, both.b) };
  const all = [...runs.a, ...runs.b];
  if (runs.a.length === 0 || runs.b.length === 0 || all.every((value) => value === 0)) return [];
  const [a, b] = [sideOf(runs.a), sideOf(runs.b)];
  const hasRatio = all.every((value) => value > 0);
  const resolution = Math.max(...[...both.a, ...both.b].map(quantity.resolution));
  const interval = welchRatio(runs, { resolution });
  return [
    { condition, quantity, a, b, ...(hasRatio && { ratio: b.value / a.value }), interval, runs, resolution },
  ];
}

function valuesOf(quantity: Quantity, runs: readonly Trial[]): number[] {
  return runs.map(quantity.of).filter((value): value is number => typeof value === 'number');
}

function sideOf(values: number[]): Side {
  const isPositive = values.every((value) => value > 0);
  const value = isPositive ? Math.exp(mean(values.map(Math.log))) : median(values);
  return { value, runs: values.length };
}

/** Adds the strict interval and the difference. */
function judged({ runs, resolution, ...row }: MeasuredRow, confidence: number): ComparedRow {
  const strict = welchRatio(runs, { confidence, resolution });
  if (!strict || !clearlyDifferent(strict, 1)) return { ...row, strict, difference: 'no clear difference' };
  return { ...row, strict, difference: strict.mean > 1 ? 'higher' : 'lower' };
}

/** The verdicts claim by claim: those of A in their order, then those that only B has. */
function compareVerdicts(a: readonly Finding[], b: readonly Finding[]): ComparedVerdict[] {
  const sameClaim = (one: Finding) => (other: Finding) =>
    other.experiment === one.experiment && other.claim === one.claim;
  const compared = a.map((finding): ComparedVerdict => {
    const { experiment, claim } = finding;
    const other = b.find(sameClaim(finding));
    if (!other) return { experiment, claim, a: finding, change: 'only in A' };
    const change = finding.verdict === other.verdict ? 'same' : 'changed';
    return { experiment, claim, a: finding, b: other, change };
  });
  const added = b
    .filter((finding) => !a.some(sameClaim(finding)))
    .map((finding): ComparedVerdict => {
      const { experiment, claim } = finding;
      return { experiment, claim, b: finding, change: 'only in B' };
    });
  return [...compared, ...added];
}

/** The difference in words. */
export function differenceWords({ difference }: ComparedRow): string {
  return difference === 'no clear difference' ? difference : `${difference} in B`;
}

/** Why a row has no interval; nothing where it has an interval. */
export function whyNoInterval({ a, b, interval }: ComparedRow): string | undefined {
  if (interval) return undefined;
  return Math.min(a.runs, b.runs) < 2 ? '1 run: no interval' : 'a run measured 0: no ratio';
}
