import jstat from 'jstat';
import { describe, expect, it } from 'vitest';
import { type Estimates, ratioByFieller } from './fieller.ts';
import { tQuantile } from './student.ts';

const estimates: Estimates = { a: 12, b: 4, varianceA: 1, varianceB: 0.25, covariance: 0, reach: 2 };

describe('the interval of a ratio', () => {
  it('is that of Fieller, worked by hand', () => {
    // (48 ± √(48² − 15 · 140)) / 15, with 15 = 4² − 2² · 0.25 and 140 = 12² − 2² · 1.
    const { low, high } = ratioByFieller(estimates) ?? { low: 0, high: 0 };
    expect(low).toBeCloseTo((48 - Math.sqrt(204)) / 15, 12);
    expect(high).toBeCloseTo((48 + Math.sqrt(204)) / 15, 12);
  });

  it('ends where a − θb becomes clear from 0: 5% of Student’s t lie beyond, by jStat', () => {
    const together = { ...estimates, covariance: 0.3, reach: tQuantile(0.95, 5) };
    const ends = ratioByFieller(together);
    for (const theta of [ends?.low ?? 0, ends?.high ?? 0]) {
      const error = Math.sqrt(1 - 2 * theta * 0.3 + theta ** 2 * 0.25);
      const beyond = 2 * (1 - jstat.studentt.cdf(Math.abs(12 - theta * 4) / error, 5));
      expect(beyond).toBeCloseTo(0.05, 6);
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
