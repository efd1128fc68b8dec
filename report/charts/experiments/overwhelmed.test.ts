import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResult, type Result, type Trial } from '../../../bench/result.ts';
import { overwhelmedFigures } from './overwhelmed.ts';
import { overloadOf, pointsOf } from './overwhelmed-cases.ts';
import { memoryGrowth, queueGrowth } from './overwhelmed-time.ts';

const sample = readFileSync(new URL('../../sample/results.json', import.meta.url), 'utf8');

/** A trial without a bound, 30 messages before an overload of a minute, whose memory and queue grow evenly. */
function minute(policy: string): Trial {
  const like = parseResult(sample).trials.find(
    ({ experiment, transport }) => experiment === 'overwhelmed' && transport === 'push',
  );
  if (!like) throw new Error('the sample has no such trial');
  const atMs = Array.from({ length: 120 }, (_, index) => (index + 1) * 500);
  const mebibytes = atMs.map((at) => (at * 1024 * 1024) / 1000);
  const delay = { ...like.delayMs, count: 60 };
  return {
    ...like,
    id: `minute ${policy}`,
    together: `minute ${policy}`,
    durationMs: 60_000,
    parameters: {
      ...like.parameters,
      policy,
      schedule: 'periodic',
      slowClients: 1,
      ratePerSecond: 11,
      handlingMs: 100,
      overloadMs: 50_000,
      payloadBytes: 1024 * 1024,
    },
    cohorts: like.cohorts?.map((cohort) => ({
      ...cohort,
      ...(cohort.name === 'fast' && { clients: 2, phases: { before: delay, during: delay, after: delay } }),
    })),
    series: {
      atMs,
      rssBytes: mebibytes,
      longestBacklogBytes: mebibytes,
      slowAgeMs: atMs,
      slowInbox: atMs.map(() => null),
    },
  };
}

describe('the time of the overload', () => {
  it('begins after as many periods as messages were due before it', () => {
    const shade = overloadOf(minute('unbounded'));
    expect(shade?.from).toBeCloseTo(30_000 / 11);
    expect((shade?.to ?? 0) - (shade?.from ?? 0)).toBeCloseTo(50_000);
  });

  it('is unknown where nobody says when messages were due', () => {
    const trial = minute('unbounded');
    expect(overloadOf({ ...trial, cohorts: [] })).toBeUndefined();
    expect(overloadOf(undefined)).toBeUndefined();
  });
});

describe('a minute of overload', () => {
  it('is drawn apart from the short trials, one line of memory for each server', () => {
    const result: Result = { ...parseResult(sample), trials: [minute('unbounded'), minute('credit')] };
    const figures = overwhelmedFigures(result);
    expect(figures.map(({ id }) => id)).toEqual(['overwhelmed-minute']);
    const [memory] = figures[0]?.panels ?? [];
    expect(memory?.kind === 'lines' && memory.series).toHaveLength(2);
  });

  it('grows once as fast as predicted when the queue takes all that is not handled', () => {
    expect(queueGrowth(minute('unbounded'))).toBeCloseTo(1);
    expect(queueGrowth(minute('credit'))).toBeUndefined();
  });

  it('compares the last third of the memory with the middle one', () => {
    expect(memoryGrowth(minute('unbounded'))).toBeCloseTo(40 / 60, 1);
  });
});

describe('points of a series', () => {
  it('are thinned, and keep both ends of a level stretch', () => {
    const trial = minute('unbounded');
    expect(pointsOf(trial, () => 7, 200)).toHaveLength(2);
    expect(pointsOf(trial, (_, index) => index, 30).length).toBeLessThanOrEqual(31);
  });
});
