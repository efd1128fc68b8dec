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
