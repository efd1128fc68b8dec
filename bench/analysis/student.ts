import { gammaln } from 'simple-statistics';

/**
 * Student's t, as far as an interval needs it. Written here and not taken from a library because pages
 * compute intervals too: the library that would do it is a fifth of a page's script, for one function.
 * A test holds it against that library.
 */

/**
 * How many standard errors a two-sided interval reaches to either side: t(0.975, 4) = 2.776 for 95 % of
 * five runs. `degreesOfFreedom` need not be whole. Throws a `RangeError` where `confidence` is not between
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
