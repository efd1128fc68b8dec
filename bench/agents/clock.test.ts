import { expect, it } from 'vitest';
import { trialWarnings } from '../analysis/warnings.ts';
import type { Trial } from '../result.ts';
import { type Exchange, readingOf, uncertaintyBetween } from './clock.ts';

/** Their clock shows 1000 more than ours. */
const exchange = (thereMs: number, backMs: number, workMs = 0): Exchange => ({
  sentMs: 50,
  receivedMs: 1050 + thereMs,
  answeredMs: 1050 + thereMs + workMs,
  heardMs: 50 + thereMs + workMs + backMs,
});

it('a clock is read by the shortest exchange, to half of its round trip', () => {
  const reading = readingOf([exchange(9, 30), exchange(1, 3), exchange(4, 4, 100)]);
  expect(reading).toEqual({ offsetMs: 999, uncertaintyMs: 2 });
  expect(() => readingOf([])).toThrow('expected at least one exchange');
});

it.each([
  [0, 0],
  [5, 5],
  [0, 40],
  [40, 0],
])('an offset lies within what is claimed when the ways take %i and %i ms', (thereMs, backMs) => {
  const { offsetMs, uncertaintyMs } = readingOf([exchange(thereMs, backMs)]);
  expect(Math.abs(offsetMs - 1000)).toBeLessThanOrEqual(uncertaintyMs);
});

it('a reading is less certain when it has drifted', () => {
  const before = { offsetMs: 1000, uncertaintyMs: 1 };
  expect(uncertaintyBetween(before, { offsetMs: 1000.5, uncertaintyMs: 1 })).toBe(1.5);
  expect(uncertaintyBetween(before, { offsetMs: 1000, uncertaintyMs: 0.2 })).toBe(1);
});

it('an age that is smaller than the clock’s uncertainty says so', () => {
  const trial = (p50: number) =>
    ({
      ...({ server: {}, clients: {}, requests: { missedSlots: 0 }, durationMs: 1000 } as unknown as Trial),
      delayMs: { count: 1, mean: p50, p50, p90: p50, p99: p50, max: p50 },
      shards: [{ agent: 'a', clients: 1, clockOffsetMs: 3, clockUncertaintyMs: 0.7 }],
    }) as Trial;
  expect(trialWarnings(trial(0.4), 0, undefined)).toMatchObject([
    {
      code: 'within-clock-uncertainty',
      text: expect.stringContaining('the true median is less than 1.10 ms'),
    },
  ]);
  expect(trialWarnings(trial(0.8), 0, undefined)).toEqual([]);
});
