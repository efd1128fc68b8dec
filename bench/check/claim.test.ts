import { describe, expect, it } from 'vitest';
import { figuresOf } from '../analysis/figures.ts';
import { conclude } from '../analysis/findings.ts';
import type { Evidence } from '../experiment.ts';
import { evidence, trial } from '../experiments/made-up.ts';
import { freshness } from '../experiments/real-time/freshness.ts';
import type { Figure, Result } from '../result.ts';
import { type Claim, checkClaims } from './claim.ts';

const claim: Claim = {
  id: 'quick',
  says: 'It takes 1 to 10 ms.',
  figure: 'test.median',
  low: 1,
  high: 10,
};

/** One figure for each median, as from trials of several conditions. */
const experiment = {
  ...freshness,
  text: { ...freshness.text, id: 'test' },
  figures: ({ trials }: Evidence) =>
    trials.flatMap((one, index) =>
      figuresOf({ name: String(index), runs: [one] }, [
        'median',
        'median latency',
        ({ delayMs }) => delayMs.p50,
        'ms',
      ]),
    ),
};

const resultOf = (figures: Figure[]) => ({ experiments: [{ id: 'test' }], figures }) as unknown as Result;
const withMedian = (p50: number) =>
  trial({ delayMs: { count: 1, mean: p50, p50, p90: p50, p99: p50, max: p50 } });
const outcome = (...trials: Result['trials']) =>
  checkClaims([claim], resultOf(conclude(experiment, evidence(trials)).figures))[0];

describe('a claim', () => {
  it('holds when every condition lies within its range, ends included', () => {
    expect(outcome(withMedian(1), withMedian(10))).toMatchObject({
      outcome: 'holds',
      measured: 'median latency, ms: 1, 10 (claimed: 1 to 10)',
    });
  });

  it('does not hold when one lies outside', () => {
    expect(outcome(withMedian(5), withMedian(10.1))?.outcome).toBe('does not hold');
    expect(outcome(withMedian(0.9))?.outcome).toBe('does not hold');
  });

  it('does not hold by what is no number', () => {
    const broken = { ...made(1, 1, 1), value: Number.NaN };
    expect(checkClaims([claim], resultOf([broken]))[0]?.outcome).toBe('does not hold');
  });

  it('is about the value, or about every run', () => {
    const figures = [made(5, 0.5, 11)];
    expect(checkClaims([claim], resultOf(figures))[0]?.outcome).toBe('holds');
    expect(checkClaims([{ ...claim, everyRun: true }], resultOf(figures))[0]).toMatchObject({
      outcome: 'does not hold',
      measured: 'median latency, ms: 0.5 to 11 (claimed: 1 to 10)',
    });
  });

  it('is about the figure of its name, and those below it', () => {
    const others = [made(99, 99, 99, 'medianOfOthers'), made(99, 99, 99, 'p99/median')];
    expect(checkClaims([claim], resultOf([made(5, 5, 5, 'median'), ...others]))[0]?.outcome).toBe('holds');
  });

  it('is not tested without a usable trial, and says so', () => {
    expect(outcome()).toMatchObject({ outcome: 'not tested', measured: 'Not measured: test.median' });
    expect(outcome({ ...withMedian(5), status: 'failed' })?.outcome).toBe('not tested');
  });

  it('is left out when its experiment did not run', () => {
    const { figures } = conclude(experiment, evidence([withMedian(5)]));
    expect(checkClaims([{ ...claim, figure: 'other.median' }], resultOf(figures))).toEqual([]);
  });
});

function made(value: number, low: number, high: number, name = 'median/0'): Figure {
  return {
    experiment: 'test',
    name,
    label: 'median latency',
    unit: 'ms',
    value,
    low,
    high,
    runs: 2,
    trials: [],
  };
}
