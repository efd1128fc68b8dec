import { randomLcg, randomNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import {
  clearlyDifferent,
  compareRatio,
  type Estimates,
  meanInterval,
  type PairedRun,
  ratioByFieller,
  ratioInterval,
  smallerOf,
  tQuantile,
  welchRatio,
} from './interval.ts';
import { ratioSpread } from './statistics.ts';

/** Draws of five runs each, the same at every call. */
function draws(count: number, draw: () => number): number[][] {
  return Array.from({ length: count }, () => Array.from({ length: 5 }, draw));
}

describe('the interval of a mean', () => {
  it('is that of Student, who had ten patients sleep on two drugs', () => {
    // The differences of Biometrika 6 (1908), p. 20; the interval is that of t.test(sleep) in R.
    const gains = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];
    const interval = meanInterval(gains);
    expect(interval?.mean).toBeCloseTo(1.58, 12);
    expect(interval?.low).toBeCloseTo(0.7001142, 7);
    expect(interval?.high).toBeCloseTo(2.4598858, 7);
    expect(interval?.n).toBe(10);
  });

  it('reaches t · s/√n to either side', () => {
    // s² = 2.5, s/√5 = √0.5, t(0.975, 4) = 2.776445
    const interval = meanInterval([1, 2, 3, 4, 5]);
    expect(interval?.low).toBeCloseTo(3 - 2.776445 * Math.SQRT1_2, 5);
    expect(interval?.high).toBeCloseTo(3 + 2.776445 * Math.SQRT1_2, 5);
  });

  it('does not exist for fewer than two runs, or where one is no number', () => {
    expect(meanInterval([])).toBeUndefined();
    expect(meanInterval([7])).toBeUndefined();
    expect(meanInterval([7, Number.NaN, 8])).toBeUndefined();
  });

  it('is a point where all runs agree', () => {
    expect(meanInterval([7, 7, 7])).toEqual({ mean: 7, low: 7, high: 7, n: 3 });
  });

  it('covers the true mean of five runs as often as it says', () => {
    const normal = randomNormal.source(randomLcg(1908))(10, 3);
    const covering = draws(300, normal).filter((runs) => {
      const interval = meanInterval(runs);
      return interval && !clearlyDifferent(interval, 10);
    });
    expect(covering.length / 300).toBeGreaterThanOrEqual(0.92);
    expect(covering.length / 300).toBeLessThanOrEqual(0.98);
  });
});

describe('the interval of a ratio', () => {
  it('is that of the logs, transformed back', () => {
    // log₂ of the ratios is 1 and 3: their mean is 2, s/√n is 1, and t(0.975, 1) is 12.7062.
    const ratio = ratioInterval([
      { a: 2, b: 1 },
      { a: 40, b: 5 },
    ]);
    expect(ratio?.mean).toBeCloseTo(4, 12);
    expect(Math.log2(ratio?.low ?? 0)).toBeCloseTo(2 - 12.7062, 4);
    expect(Math.log2(ratio?.high ?? 0)).toBeCloseTo(2 + 12.7062, 4);
    expect(ratio?.n).toBe(2);
  });

  it('says the same whichever of the two is called a', () => {
    const pairs = [
      { a: 3, b: 2 },
      { a: 5, b: 3 },
      { a: 4, b: 3 },
    ];
    const ratio = ratioInterval(pairs);
    const inverse = ratioInterval(pairs.map(({ a, b }) => ({ a: b, b: a })));
    expect(inverse?.mean).toBeCloseTo(1 / (ratio?.mean ?? 0), 12);
    expect(inverse?.low).toBeCloseTo(1 / (ratio?.high ?? 0), 12);
  });

  it('needs two pairs that have a ratio', () => {
    expect(
      ratioInterval([
        { a: 2, b: 1 },
        { a: 3, b: 0 },
        { a: 0, b: 3 },
        { a: -1, b: -1 },
      ]),
    ).toBeUndefined();
  });

  it('covers the true ratio of five runs that differ in load as often as it says', () => {
    const source = randomLcg(5);
    const load = randomNormal.source(source)(0, 1);
    const noise = randomNormal.source(source)(0, 0.1);
    const pair = (): PairedRun => {
      const shared = Math.exp(load());
      return { a: 2 * shared * Math.exp(noise()), b: shared * Math.exp(noise()) };
    };
    const covering = Array.from({ length: 300 }, () => ratioInterval(Array.from({ length: 5 }, pair))).filter(
      (ratio) => ratio && !clearlyDifferent(ratio, 2),
    );
    expect(covering.length / 300).toBeGreaterThanOrEqual(0.92);
    expect(covering.length / 300).toBeLessThanOrEqual(0.98);
  });
});

describe('the ratio of two sets of runs that nothing pairs', () => {
  it('is Welch’s interval on the logs, transformed back', () => {
    // The logs are {1, 2, 3} and {4, 6}: 3 apart, with squared errors of 1/3 and 1, so that
    // ν = (4/3)² / ((1/3)²/2 + 1) = 1.684, and t(0.975, ν) is 5.1762 (from another program).
    const logs = welchRatio({ a: [1, 2, 3].map(Math.exp), b: [4, 6].map(Math.exp) });
    expect(Math.log(logs?.mean ?? 0)).toBeCloseTo(3, 12);
    expect(Math.log(logs?.low ?? 0)).toBeCloseTo(3 - 5.176232 * Math.sqrt(4 / 3), 4);
    expect(Math.log(logs?.high ?? 0)).toBeCloseTo(3 + 5.176232 * Math.sqrt(4 / 3), 4);
  });

  it('says the same whichever of the two is called a', () => {
    const [a, b] = [
      [2, 3, 2.5],
      [4, 7, 5, 6],
    ];
    const ratio = welchRatio({ a, b });
    const inverse = welchRatio({ a: b, b: a });
    expect(inverse?.mean).toBeCloseTo(1 / (ratio?.mean ?? 0), 12);
    expect(inverse?.low).toBeCloseTo(1 / (ratio?.high ?? 0), 12);
  });

  it('needs two values on each side, all of them positive', () => {
    expect(welchRatio({ a: [1], b: [1, 2, 3] })).toBeUndefined();
    expect(welchRatio({ a: [1, 2], b: [2] })).toBeUndefined();
    expect(welchRatio({ a: [1, 2], b: [0, 2] })).toBeUndefined();
    expect(welchRatio({ a: [1, 2], b: [Number.NaN, 2] })).toBeUndefined();
  });

  it('is a point where no run differs from its like, unless values are only known so well', () => {
    const counted = { a: [12, 12], b: [13, 13] };
    expect(welchRatio(counted)).toMatchObject({
      low: expect.closeTo(13 / 12),
      high: expect.closeTo(13 / 12),
    });
    expect(welchRatio(counted, { resolution: 1 / 12 })?.low).toBeLessThan(1);
  });

  it('covers the true ratio of five runs and three as often as it says', () => {
    const source = randomLcg(1947);
    const [steady, wild] = [0.1, 0.4].map((deviation) => randomNormal.source(source)(0, deviation));
    const runs = (count: number, level: number, noise: (() => number) | undefined) =>
      Array.from({ length: count }, () => level * Math.exp(noise?.() ?? 0));
    const covering = Array.from({ length: 1000 }, () =>
      welchRatio({ a: runs(5, 1, steady), b: runs(3, 2, wild) }),
    ).filter((ratio) => ratio && !clearlyDifferent(ratio, 2));
    expect(covering.length / 1000).toBeGreaterThanOrEqual(0.93);
    expect(covering.length / 1000).toBeLessThanOrEqual(0.97);
  });
});

describe('comparing two', () => {
  const verdict = (ratios: readonly number[]) => compareRatio(ratios.map((a) => ({ a, b: 1 }))).verdict;

  it('says more or less where the interval leaves out 1', () => {
    expect(verdict([1.9, 2, 2.1])).toBe('more');
    expect(verdict([0.5, 0.55, 0.45])).toBe('less');
  });

  it('says that it can not tell where the interval contains 1', () => {
    expect(verdict([0.9, 1.1, 1.3])).toBe('no clear difference');
    expect(verdict([1, 1, 1])).toBe('no clear difference');
  });

  it('is provisional under three pairs, however far apart they are', () => {
    expect(verdict([])).toBe('provisional');
    expect(verdict([50])).toBe('provisional');
    expect(verdict([50, 50.1])).toBe('provisional');
    expect(compareRatio([]).ratio).toBeUndefined();
    expect(
      compareRatio([
        { a: 2, b: 1 },
        { a: 8, b: 1 },
      ]).ratio?.n,
    ).toBe(2);
  });

  it('counts the ends of an interval as part of it', () => {
    expect(clearlyDifferent({ low: 1, high: 2 }, 1)).toBe(false);
    expect(clearlyDifferent({ low: 1, high: 2 }, 2)).toBe(false);
    expect(clearlyDifferent({ low: 1, high: 2 }, 2.01)).toBe(true);
    expect(clearlyDifferent({ low: 1, high: 2 }, 0.99)).toBe(true);
  });
});

describe('who took less', () => {
  const smaller = (...ratios: number[]) => {
    const ratio = ratioSpread(ratios.map((a) => ({ a, b: 1 })));
    return ratio && smallerOf(ratio);
  };

  it('is whoever did, with one run or two', () => {
    expect(smaller(0.9)).toBe('a');
    expect(smaller(1.1)).toBe('b');
    expect(smaller(0.5, 1.1)).toBe('a');
    expect(smaller()).toBeUndefined();
  });

  it('has to be clear with three', () => {
    expect(smaller(0.5, 0.55, 0.45)).toBe('a');
    expect(smaller(1.9, 2, 2.1)).toBe('b');
    expect(smaller(0.5, 1, 1.9)).toBe('no clear difference');
  });
});

const estimates: Estimates = { a: 12, b: 4, varianceA: 1, varianceB: 0.25, covariance: 0, reach: 2 };

/** The share of Student's t of 5 degrees of freedom between −t and t: Abramowitz and Stegun, 26.7.3. */
function shareWithin5(t: number): number {
  const angle = Math.atan(t / Math.sqrt(5));
  return (2 / Math.PI) * (angle + Math.sin(angle) * (Math.cos(angle) + (2 / 3) * Math.cos(angle) ** 3));
}

describe('the interval of a ratio of two estimates', () => {
  it('is that of Fieller, worked by hand', () => {
    // (48 ± √(48² − 15 · 140)) / 15, with 15 = 4² − 2² · 0.25 and 140 = 12² − 2² · 1.
    const { low, high } = ratioByFieller(estimates) ?? { low: 0, high: 0 };
    expect(low).toBeCloseTo((48 - Math.sqrt(204)) / 15, 12);
    expect(high).toBeCloseTo((48 + Math.sqrt(204)) / 15, 12);
  });

  it('ends where a − θb becomes clear from 0: 5% of Student’s t lie beyond, of 5 degrees of freedom', () => {
    const together = { ...estimates, covariance: 0.3, reach: tQuantile(0.95, 5) };
    const ends = ratioByFieller(together);
    for (const theta of [ends?.low ?? 0, ends?.high ?? 0]) {
      const error = Math.sqrt(1 - 2 * theta * 0.3 + theta ** 2 * 0.25);
      expect(shareWithin5(Math.abs(12 - theta * 4) / error)).toBeCloseTo(0.95, 6);
    }
  });

  it('is the ratio alone where nothing is uncertain', () => {
    expect(ratioByFieller({ ...estimates, varianceA: 0, varianceB: 0 })).toEqual({ low: 3, high: 3 });
  });

  it.each([
    [3.99, true],
    [4.01, false],
  ])('exists where the interval of the denominator leaves out 0: 4 ± 2 · √(%f): %s', (quarter, exists) => {
    const interval = ratioByFieller({ ...estimates, varianceB: quarter });
    expect(interval !== undefined).toBe(exists);
  });

  it('may reach below 0, and is not cut there', () => {
    expect(ratioByFieller({ ...estimates, a: 1 })?.low).toBeLessThan(0);
  });
});

describe('the quantile of t', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
  it.each([
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 4, 2.776],
    [0.95, 30, 2.042],
    [0.9, 10, 1.812],
    [0.99, 4, 4.604],
    [0.95, 1_000_000, 1.96],
  ])('for %d and %d degrees of freedom is %d', (confidence, degreesOfFreedom, quantile) => {
    expect(tQuantile(confidence, degreesOfFreedom)).toBeCloseTo(quantile, 3);
  });

  it('refuses a confidence that is no share', () => {
    for (const confidence of [0, 1, 95, Number.NaN])
      expect(() => tQuantile(confidence, 4)).toThrow(`invalid confidence ${confidence}`);
  });

  // SciPy 1.17, scipy.stats.t.ppf((1 + confidence) / 2, degreesOfFreedom).
  it.each([
    [1, [0.1583844403, 1, 6.313751515, 63.65674116, 6366.197671, 636619.7723]],
    [1.3, [0.1509723259, 0.9095175281, 4.333339183, 26.05755163, 900.9162524, 31127.64051]],
    [2, [0.1421338109, 0.8164965809, 2.91998558, 9.924843201, 99.99249984, 999.9992499]],
    [3.7, [0.1345028632, 0.7464851535, 2.182493804, 4.869252253, 17.86443845, 62.29077301]],
    [8, [0.1297072716, 0.7063866126, 1.859548038, 3.355387331, 7.120003883, 13.2571351]],
    [30, [0.1267296131, 0.6827556933, 1.697260887, 2.749995654, 4.482417175, 6.11907562]],
    [1000, [0.1256932625, 0.6747351646, 1.646378817, 2.580754698, 3.906343737, 4.922289523]],
  ])('for %d degrees of freedom is that of a library, far out too', (degreesOfFreedom, references) => {
    for (const [at, confidence] of [0.1, 0.5, 0.9, 0.99, 0.9999, 0.999999].entries())
      expect(tQuantile(confidence, degreesOfFreedom) / (references[at] as number)).toBeCloseTo(1, 8);
  });
});
