import { randomLcg, randomNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import {
  clearlyDifferent,
  compareRatio,
  meanInterval,
  type PairedRun,
  ratioInterval,
  smallerOf,
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
