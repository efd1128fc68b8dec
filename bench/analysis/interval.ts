/**
 * How sure a number is: confidence intervals over repeated runs.
 *
 * The run is the unit. The messages of one run share its warm-up, its schedule and whatever else the
 * machine did meanwhile, so a thousand of them are not a thousand independent measurements: an interval
 * over messages would be far too narrow, and the next run would fall outside it.
 *
 * The intervals are Student's, not a bootstrap's: resampling five runs can show no more than those five,
 * and its "95 %" interval covered the truth in 83 % of 2,000 draws of five. t pays for few runs with a
 * wide interval, and covered it in 94 %.
 */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { tQuantile } from './student.ts';

/** Below this many runs a verdict is provisional, and its sentence has no interval. */
export const runsForVerdict = 3;

/** A mean over `n` runs (geometric for ratios) and its confidence interval, all in the unit of the values. */
export type Interval = { mean: number; low: number; high: number; n: number };

/** The same quantity of two contenders, measured in one run under one load. Any unit, the same for both. */
export type PairedRun = { a: number; b: number };

/** What an interval lets us say of a ratio a/b. */
export type RatioVerdict = 'more' | 'less' | 'no clear difference' | 'provisional';

/**
 * Says whether a is more or less than b, by the interval of their paired ratio; "provisional" with fewer
 * than three usable pairs, whatever their interval.
 */
export function compareRatio(
  pairs: readonly PairedRun[],
  confidence = 0.95,
): { ratio: Interval | undefined; verdict: RatioVerdict } {
  const ratio = ratioInterval(pairs, confidence);
  if (!ratio || ratio.n < runsForVerdict) return { ratio, verdict: 'provisional' };
  if (!clearlyDifferent(ratio, 1)) return { ratio, verdict: 'no clear difference' };
  return { ratio, verdict: ratio.mean > 1 ? 'more' : 'less' };
}

/**
 * Which of the two took less, by the ratio a/b of paired runs. With an interval, which ratios have from three runs on,
 * only where that is clear; with fewer runs whatever they say, and what rests on it is provisional.
 */
export function smallerOf(ratio: {
  value: number;
  interval?: Pick<Interval, 'low' | 'high'>;
}): 'a' | 'b' | 'no clear difference' {
  if (ratio.interval && !clearlyDifferent(ratio.interval, 1)) return 'no clear difference';
  return ratio.value < 1 ? 'a' : 'b';
}

/**
 * The mean of one value per run with its t-interval: mean ± t · s/√n, with n − 1 degrees of freedom.
 * `undefined` with fewer than two values, for one run says nothing about the next, and where a value is
 * not finite. `confidence` is a share between 0 and 1.
 */
export function meanInterval(values: readonly number[], confidence = 0.95): Interval | undefined {
  const n = values.length;
  if (n < 2 || !values.every(Number.isFinite)) return undefined;
  const center = mean([...values]);
  const half = (tQuantile(confidence, n - 1) * sampleStandardDeviation([...values])) / Math.sqrt(n);
  return { mean: center, low: center - half, high: center + half, n };
}

/**
 * The geometric mean of a/b over paired runs with its interval: a t-interval on log(a/b), transformed back.
 *
 * Pairs, because both contenders of a run share its load and its luck, which the ratio cancels. Logs,
 * because twice as much and half as much are equally far from 1: the interval of b/a is then the
 * reciprocal of that of a/b, and its low end never falls below zero.
 *
 * A pair with a value that is not positive has no ratio and is left out; `n` counts those that remain.
 * `undefined` with fewer than two of them.
 */
export function ratioInterval(pairs: readonly PairedRun[], confidence = 0.95): Interval | undefined {
  const usable = pairs.filter(({ a, b }) => a > 0 && b > 0);
  const logs = meanInterval(
    usable.map(({ a, b }) => Math.log(a / b)),
    confidence,
  );
  if (!logs) return undefined;
  return { mean: Math.exp(logs.mean), low: Math.exp(logs.low), high: Math.exp(logs.high), n: logs.n };
}

/**
 * How many times as much b is as a, over runs that nothing pairs: the ratio of their geometric means, with
 * Welch's t-interval on the difference of the means of their logs, transformed back. Welch's and not the
 * pooled one, because two results may differ in how much their runs scatter as well as in their level.
 *
 * `resolution` is what a value may be off by without anybody seeing it, as a share of it. Nothing is taken
 * to scatter less: two runs that happen to count the same 12 requests do not make 12 a certainty.
 *
 * `undefined` with fewer than two values on a side, and where a value is not positive and finite.
 */
export function welchRatio(
  { a, b }: { a: readonly number[]; b: readonly number[] },
  { confidence = 0.95, resolution = 0 }: { confidence?: number; resolution?: number } = {},
): Omit<Interval, 'n'> | undefined {
  const usable = [...a, ...b].every((value) => value > 0 && Number.isFinite(value));
  if (a.length < 2 || b.length < 2 || !usable) return undefined;
  const [before, after] = [a, b].map((values) => {
    const logs = values.map(Math.log);
    const deviation = Math.max(sampleStandardDeviation(logs), resolution);
    return { mean: mean(logs), squaredError: deviation ** 2 / logs.length, n: logs.length };
  }) as [Logs, Logs];
  const ratio = after.mean - before.mean;
  const squaredError = before.squaredError + after.squaredError;
  // Without any scatter there are no degrees of freedom to reckon with, and nothing to reach for.
  const half =
    squaredError === 0 ? 0 : tQuantile(confidence, degreesOfFreedom(before, after)) * Math.sqrt(squaredError);
  return { mean: Math.exp(ratio), low: Math.exp(ratio - half), high: Math.exp(ratio + half) };
}

/** The mean of some logs, and the square of its standard error. */
type Logs = { mean: number; squaredError: number; n: number };

/** Welch and Satterthwaite's: between those of the smaller side and those of both together. */
function degreesOfFreedom(a: Logs, b: Logs): number {
  const together = (a.squaredError + b.squaredError) ** 2;
  return together / (a.squaredError ** 2 / (a.n - 1) + b.squaredError ** 2 / (b.n - 1));
}

/** Whether the interval does not contain `from`; its ends belong to it. */
export function clearlyDifferent({ low, high }: Pick<Interval, 'low' | 'high'>, from: number): boolean {
  return low > from || high < from;
}
