import { afterAll, beforeAll, expect, it } from 'vitest';
import { laneNames } from '../../clients/classroom/protocol.ts';
import { shortPollMeanMs } from '../analysis/models.ts';
import { Bench } from '../harness/trial.ts';
import type { Trial } from '../result.ts';
import { HeldClass } from './held-class.ts';

/**
 * What a class measures is what the lab measures: the same settings, once in a lesson and once as `freshness`
 * plans them.
 */
const intervalMs = 1000;
const ratePerSecond = 20;
/** Enough for an interval that a wrong age, such as twice the right one, falls out of. */
const messages = 150;

let lesson: Trial[];
let lab: Trial[];

beforeAll(async () => {
  lesson = await inClass();
  const bench = new Bench();
  try {
    lab = await bench.run('freshness', {
      groups: [
        { transport: 'push', clients: 20 },
        { transport: 'short-poll', clients: 20, intervalMs },
      ],
      schedule: { kind: 'poisson', ratePerSecond },
      durationMs: (1000 * messages) / ratePerSecond,
      repeat: 1,
    });
  } finally {
    bench.kill();
  }
}, 120_000);

let held: HeldClass;

afterAll(() => held.close());

async function inClass(): Promise<Trial[]> {
  held = await HeldClass.open();
  await held.control({ action: 'pause' });
  const projector = await held.projector();
  await held.control({ action: 'begin' });
  for (const name of laneNames) await projector.take(name);
  await held.control({ action: 'set', settings: { ratePerSecond, intervalMs, schedule: 'poisson' } });
  await held.control({ action: 'resume' });
  await projector.sees('counts', ({ head }) => head >= messages);
  await held.control({ action: 'pause' });
  return [...(await held.classroom.account())];
}

const of = (trials: readonly Trial[], transport: string) => {
  const trial = trials.find((one) => one.transport === transport) as Trial;
  return { ...trial, meanMs: trial.delayMs.mean as number };
};

/**
 * How far a mean may lie from T/2 by chance: four standard errors of ages that are uniform over the interval.
 * A machine that hesitates makes every message older, those of push as well: that is allowed for by its mean.
 */
function allowanceMs(trials: readonly Trial[]): number {
  const standardErrorMs = intervalMs / Math.sqrt(12 * of(trials, 'push').appended);
  return 4 * standardErrorMs + of(trials, 'push').meanMs;
}

it('a lesson’s short poll is as old as the lab’s, within the interval of both', () => {
  expect(of(lesson, 'short-poll').delayMs.count).toBeGreaterThanOrEqual(messages - 20);
  const apartMs = Math.abs(of(lesson, 'short-poll').meanMs - of(lab, 'short-poll').meanMs);
  expect(apartMs).toBeLessThan(allowanceMs(lesson) + allowanceMs(lab));
});

it.each([
  ['a lesson’s', () => lesson],
  ['the lab’s', () => lab],
])('%s short poll is as old as the model says, half its interval', (_whose, trials) => {
  const apartMs = Math.abs(of(trials(), 'short-poll').meanMs - shortPollMeanMs(intervalMs, 0));
  expect(apartMs).toBeLessThan(allowanceMs(trials()));
});

it('in both, push is fresher than the short poll', () => {
  for (const trials of [lesson, lab])
    expect(of(trials, 'push').meanMs).toBeLessThan(of(trials, 'short-poll').meanMs);
});
