import { describe, expect, it } from 'vitest';
import { emptyBooks } from '../analysis/books.ts';
import { figuresOf } from '../analysis/figures.ts';
import { conclude } from '../analysis/findings.ts';
import type { Evidence, Experiment } from '../experiment.ts';
import { idleCost } from '../experiments/cost/idle-cost.ts';
import { offline } from '../experiments/failure/offline.ts';
import { evidence, trial } from '../experiments/made-up.ts';
import { freshness } from '../experiments/real-time/freshness.ts';
import type { Figure, Result, Trial } from '../result.ts';
import { type Claim, checkClaims } from './claim.ts';
import { claims } from './claims.ts';

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

describe('a claim that nothing is lost or requested', () => {
  const outcomeWith = (id: string, experiment: Experiment, trials: Trial[]) => {
    const { figures } = conclude(experiment, evidence(trials));
    const result = { experiments: [experiment.text], figures } as unknown as Result;
    return checkClaims(claims, result).find((check) => check.id === id)?.outcome;
  };

  it.each([
    [[0, 0, 0], 'holds'],
    [[0, 0, 1], 'does not hold'],
  ])('is about every run: %j messages missed', (missed, expected) => {
    const trials = missed.map((each, index) =>
      trial({
        repeat: index + 1,
        messages: { ...emptyBooks(), expected: 100, delivered: 100 - each, missed: each },
        parameters: { awayMs: 1000, replay: true },
      }),
    );
    expect(outcomeWith('a-cursor-loses-nothing', offline, trials)).toBe(expected);
  });

  it.each([
    [[0, 0, 0], 'holds'],
    [[0, 0, 1], 'does not hold'],
  ])('is about every run: %j requests', (requests, expected) => {
    const trials = requests.map((total, index) =>
      trial({ repeat: index + 1, requests: { total, empty: 0, missedSlots: 0 } }),
    );
    expect(outcomeWith('never-asks', idleCost, trials)).toBe(expected);
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
