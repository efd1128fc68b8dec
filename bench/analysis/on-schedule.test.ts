import { describe, expect, it } from 'vitest';
import { dueTimesMs } from '../../servers/source/schedule.ts';
import { emptyPollShare, longPollMeanMs, longPollRequestsPerSecond, shortPollMeanMs } from './models.ts';
import { longPollOnSchedule, notifyOnSchedule, shortPollOnSchedule } from './on-schedule.ts';

const durationMs = 1_000_000;
const poisson = (ratePerSecond: number) => dueTimesMs({ kind: 'poisson', ratePerSecond, durationMs });
/** Messages that the servers had the moment they were due. */
const on = (dueMs: readonly number[]) => dueMs.map((atMs) => ({ dueMs: atMs, atMs }));
const spreadPhases = (intervalMs: number) =>
  Array.from({ length: 50 }, (_, k) => ((k + 0.5) * intervalMs) / 50);

describe('a short poll on its schedule', () => {
  it('is what one gets by looking for the next slot of every message', () => {
    const dueMs = [3, 140, 999, 1500];
    const phasesMs = [0, 250, 900];
    let sumMs = 0;
    for (const due of dueMs) {
      for (const phase of phasesMs) {
        let arrivesMs = phase + 7 - 1000;
        while (arrivesMs < due) arrivesMs += 1000;
        sumMs += arrivesMs + 7 - due;
      }
    }
    const model = shortPollOnSchedule({ messages: on(dueMs), oneWayMs: 7, durationMs: 2000 }, phasesMs, 1000);
    expect(model.meanMs).toBeCloseTo(sumMs / 12, 9);
    expect(model.requestsPerSecond).toBeCloseTo(1, 9);
    // Each client asks twice. At 7 ms the first finds the message of 3, at 257 and 907 the others find 140;
    // at 1,007 it finds 140 and 999, at 1,257 and 1,907 the others find 999, and 999 and 1,500.
    expect(model.emptyShare).toBe(0);
  });

  it('does not find what came after its poll', () => {
    const model = shortPollOnSchedule(
      { messages: on([600]), oneWayMs: 0, durationMs: 1000 },
      [500, 700],
      1000,
    );
    expect(model).toEqual({ meanMs: (900 + 100) / 2, requestsPerSecond: 1, emptyShare: 0.5 });
  });

  it.each([0.5, 3])('is the closed form in the long run, at %d messages a second', (ratePerSecond) => {
    const run = { messages: on(poisson(ratePerSecond)), oneWayMs: 20, durationMs };
    const model = shortPollOnSchedule(run, spreadPhases(500), 500);
    expect(model.meanMs).toBeCloseTo(shortPollMeanMs(500, 20), -1);
    expect(model.emptyShare).toBeCloseTo(emptyPollShare('poisson', ratePerSecond, 500), 1);
    expect(model.requestsPerSecond).toBeCloseTo(2, 2);
  });

  it('says nothing of a mean without messages', () => {
    expect(shortPollOnSchedule({ messages: on([]), oneWayMs: 0, durationMs: 1000 }, [0], 500)).toEqual({
      requestsPerSecond: 2,
      emptyShare: 1,
    });
  });
});

describe('a long poll on its schedule', () => {
  it('is answered at once, and misses what comes while it is under way', () => {
    // 100 finds it parked; 110 and 120 come in the gap until 140 and are answered together.
    const model = longPollOnSchedule(
      { messages: on([100, 110, 120]), oneWayMs: 20, durationMs: 1000 },
      10_000,
    );
    expect(model.meanMs).toBeCloseTo((20 + 50 + 40) / 3, 9);
    expect(model.requestsPerSecond).toBe(2);
    expect(model.emptyShare).toBe(0);
  });

  it('is answered with nothing when its hold runs out', () => {
    const model = longPollOnSchedule({ messages: on([950]), oneWayMs: 0, durationMs: 1000 }, 300);
    expect(model).toEqual({ meanMs: 0, requestsPerSecond: 4, emptyShare: 0.75 });
  });

  it.each([1, 12.5, 50])('is the closed form in the long run, at %d messages a second', (ratePerSecond) => {
    const run = { messages: on(poisson(ratePerSecond)), oneWayMs: 40, durationMs };
    const model = longPollOnSchedule(run, 25_000);
    const mean = longPollMeanMs(ratePerSecond, 40);
    expect((model.meanMs ?? 0) / mean).toBeGreaterThan(0.97);
    expect((model.meanMs ?? 0) / mean).toBeLessThan(1.03);
  });

  it('asks as often as the closed form says where there is no distance', () => {
    const run = { messages: on(poisson(5)), oneWayMs: 0, durationMs };
    const rate = longPollOnSchedule(run, 1000).requestsPerSecond ?? 0;
    expect(rate / longPollRequestsPerSecond('poisson', 5, 1000)).toBeCloseTo(1, 1);
  });
});

it('counts a source that wakes late, and takes what it brings in one turn together', () => {
  // Both were there at 12: one answer takes them, and they are 2 and 1 ms older for it.
  const messages = [
    { dueMs: 10, atMs: 12 },
    { dueMs: 11, atMs: 12 },
  ];
  const model = longPollOnSchedule({ messages, oneWayMs: 20, durationMs: 1000 }, 10_000);
  expect(model.meanMs).toBeCloseTo((22 + 21) / 2, 9);
  expect(model.requestsPerSecond).toBe(1);
  const poll = shortPollOnSchedule({ messages, oneWayMs: 0, durationMs: 1000 }, [11.5], 1000);
  expect(poll.meanMs).toBeCloseTo(1011.5 - 10.5, 9);
});

describe('notify-then-fetch, on its schedule', () => {
  it('takes three ways when it is at rest', () => {
    const model = notifyOnSchedule({ messages: on([100, 500]), oneWayMs: 20, durationMs: 1000 });
    expect(model).toEqual({ meanMs: 60, requestsPerSecond: 2, emptyShare: 0 });
  });

  it('fetches together what came by the time it was answered', () => {
    // Told at 120, asked then, answered at 140 with both; at the client at 160.
    const model = notifyOnSchedule({ messages: on([100, 130]), oneWayMs: 20, durationMs: 1000 });
    expect(model.meanMs).toBeCloseTo((60 + 30) / 2, 9);
    expect(model.requestsPerSecond).toBe(1);
  });
});
