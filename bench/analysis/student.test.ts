import jstat from 'jstat';
import { describe, expect, it } from 'vitest';
import { tQuantile } from './student.ts';

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

  it('is that of a library which is too large for a page', () => {
    for (const degreesOfFreedom of [1, 1.3, 2, 3.7, 8, 30, 1000])
      for (const confidence of [0.1, 0.5, 0.9, 0.99, 0.9999, 0.999999]) {
        const reference = jstat.studentt.inv((1 + confidence) / 2, degreesOfFreedom);
        expect(tQuantile(confidence, degreesOfFreedom) / reference).toBeCloseTo(1, 6);
      }
  });
});
