import { describe, expect, it } from 'vitest';
import { NotEnough } from '../analysis/findings.ts';
import { trial } from '../experiments/made-up.ts';
import type { Result } from '../result.ts';
import { type Claim, checkClaims } from './claim.ts';

const claim: Claim = {
  id: 'quick',
  experiment: 'test',
  says: 'It takes 1 to 10 ms.',
  figure: 'ms',
  low: 1,
  high: 10,
  measure: ({ trials }) => {
    if (trials.length === 0) throw new NotEnough('No usable trial');
    return trials.map(({ delayMs }) => delayMs.p50 as number);
  },
};

/** A result of one experiment; only what a check reads. */
function resultOf(...trials: Result['trials']): Result {
  return { experiments: [{ id: 'test' }], trials, capacities: [], probes: [] } as unknown as Result;
}

const withMedian = (p50: number) =>
  trial({ delayMs: { count: 1, mean: p50, p50, p90: p50, p99: p50, max: p50 } });
const outcome = (...trials: Result['trials']) => checkClaims([claim], resultOf(...trials))[0];

describe('a claim', () => {
  it('holds when every condition lies within its range, ends included', () => {
    expect(outcome(withMedian(1), withMedian(10))).toMatchObject({
      outcome: 'holds',
      measured: 'ms: 1, 10 (claimed: 1 to 10)',
    });
  });

  it('does not hold when one lies outside', () => {
    expect(outcome(withMedian(5), withMedian(10.1))?.outcome).toBe('does not hold');
    expect(outcome(withMedian(0.9))?.outcome).toBe('does not hold');
  });

  it('does not hold by what is no number', () => {
    expect(outcome(withMedian(Number.NaN))?.outcome).toBe('does not hold');
  });

  it('is not tested without a usable trial, and says why', () => {
    expect(outcome()).toMatchObject({ outcome: 'not tested', measured: 'No usable trial' });
    expect(outcome({ ...withMedian(5), status: 'failed' })?.outcome).toBe('not tested');
  });

  it('is left out when its experiment did not run', () => {
    expect(checkClaims([{ ...claim, experiment: 'other' }], resultOf(withMedian(5)))).toEqual([]);
  });

  it('fails on anything but missing evidence', () => {
    const broken = { ...claim, measure: () => [(undefined as unknown as number[])[0] as number] };
    expect(() => checkClaims([broken], resultOf(withMedian(5)))).toThrow(TypeError);
  });
});
