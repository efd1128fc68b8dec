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
import { gammaln, mean, sampleStandardDeviation } from 'simple-statistics';

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

/**
 * Two numbers that were estimated together, with the variances of their errors and how these go together.
 * `reach`: how many standard errors an interval reaches to either side, Student's t as a rule.
 */
export type Estimates = {
  a: number;
  b: number;
  varianceA: number;
  varianceB: number;
  covariance: number;
  reach: number;
};

/**
 * The interval of a/b by Fieller's theorem: every ratio θ for which a − θb is no clearer from 0 than `reach`
 * standard errors. `undefined` where that is so for b itself: then no ratio is too large to be true.
 *
 * E. C. Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B, 16 (1954).
 */
export function ratioByFieller({
  a,
  b,
  varianceA,
  varianceB,
  covariance,
  reach,
}: Estimates): { low: number; high: number } | undefined {
  const square = b * b - reach ** 2 * varianceB;
  if (!(square > 0)) return undefined;
  const middle = a * b - reach ** 2 * covariance;
  const rest = a * a - reach ** 2 * varianceA;
  // Never negative where b is clear from 0, except by rounding.
  const half = Math.sqrt(Math.max(0, middle ** 2 - square * rest));
  return { low: (middle - half) / square, high: (middle + half) / square };
}

/** The variance of an error whose interval reaches one standard error to either side. */
export function varianceOf({ low, high }: Pick<Interval, 'low' | 'high'>): number {
  return ((high - low) / 2) ** 2;
}

/**
 * How many standard errors a two-sided interval reaches to either side: t(0.975, 4) = 2.776 for 95 % of
 * five runs. `degreesOfFreedom` need not be whole. Not from a library: pages compute intervals too, and the library
 * for it would be a fifth of a page's script. Throws a `RangeError` where `confidence` is not between
 * 0 and 1.
 */
export function tQuantile(confidence: number, degreesOfFreedom: number): number {
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`invalid confidence ${confidence}: expected a share between 0 and 1, such as 0.95`);
  const outside = 1 - confidence;
  let low = 0;
  let high = 1;
  while (shareBeyond(high, degreesOfFreedom) > outside) {
    low = high;
    high *= 2;
  }
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (shareBeyond(middle, degreesOfFreedom) > outside) low = middle;
    else high = middle;
  }
  return high;
}

/** The share of Student's t that lies further from zero than `t`, on both sides: Abramowitz and Stegun, 26.7.1. */
function shareBeyond(t: number, degreesOfFreedom: number): number {
  return incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5);
}

/** The regularised incomplete beta function I_x(a, b), by whichever of its two fractions converges fast. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The continued fraction of the incomplete beta function, Abramowitz and Stegun, 26.5.8, from the front (Lentz). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m += 1) {
    const before = fraction;
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      fraction *= c * d;
    }
    if (Math.abs(fraction / before - 1) < 1e-15) break;
  }
  return fraction;
}
