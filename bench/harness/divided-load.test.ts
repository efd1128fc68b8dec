import { expect, it } from 'vitest';
import type { TrialPlan } from '../experiment.ts';
import { canBeDivided, mergedReport, sharesOf } from './divided-load.ts';
import { Recorder } from './recorder.ts';

const booksOf = (count: number) => ({
  expected: count,
  delivered: count,
  dropped: 0,
  missed: 0,
  duplicated: 0,
  reordered: 0,
  backlogAtEnd: 0,
});
const shardOf = (agent: string) => ({ agent, clients: 5, clockOffsetMs: 0, clockUncertaintyMs: 1 });

it('shards are as even as can be', () => {
  expect(sharesOf(10, 3)).toEqual([4, 3, 3]);
  expect(sharesOf(1, 3)).toEqual([1, 0, 0]);
});

it('shards are put together from all delays, not from averages, through what is sent', () => {
  const [one, other, all] = [new Recorder(), new Recorder(), new Recorder()];
  for (let index = 0; index < 1000; index += 1) {
    // The slow ones are few, and all at one agent.
    const delayMs = index < 980 ? 1 + index / 1000 : 500 + index;
    (index < 900 ? one : other).record(delayMs);
    all.record(delayMs);
  }
  const reports = [one, other].map((recorder) => ({
    report: { books: booksOf(recorder.delay.count), gaps: 0, failures: 0 } as never,
    recordings: JSON.parse(JSON.stringify({ delay: recorder.recording, response: new Recorder().recording })),
  }));
  const shards = [shardOf('a'), shardOf('b')];
  const merged = mergedReport(shards, reports, 10);
  const { mean, ...percentiles } = all.delay;
  expect(merged.delay).toMatchObject(percentiles);
  expect(merged.delay.mean).toBeCloseTo(mean as number);
  expect(merged.histogram).toEqual(all.bins);
  expect(merged.books).toEqual(booksOf(1000));
  const averaged = ((one.delay.p99 ?? 0) + (other.delay.p99 ?? 0)) / 2;
  expect(merged.delay.p99).not.toBeCloseTo(averaged, -1);
});

it('shards that were lost count as missed', () => {
  const { books, gaps, shards } = mergedReport(
    [shardOf('a'), { ...shardOf('b'), lost: 'b is lost' }],
    [
      {
        report: { books: booksOf(50), gaps: 0, failures: 0 } as never,
        recordings: { delay: new Recorder().recording, response: new Recorder().recording },
      },
      undefined,
    ],
    10,
  );
  expect(books).toEqual({ ...booksOf(50), expected: 100, missed: 50 });
  expect(gaps).toBe(50);
  expect(shards).toHaveLength(2);
});

it('trials that need this machine are not divided', () => {
  const plan: TrialPlan = {
    groups: [{ transport: 'push', clients: 7 }],
    schedule: { kind: 'periodic', ratePerSecond: 50 },
    durationMs: 1000,
    repeat: 1,
  };
  expect(canBeDivided(plan)).toBe(true);
  expect(canBeDivided({ ...plan, link: { oneWayMs: 5 } })).toBe(false);
  expect(canBeDivided({ ...plan, trace: true })).toBe(false);
  expect(canBeDivided({ ...plan, groups: [{ transport: 'push', clients: 2, slowClients: 1 }] })).toBe(false);
});
