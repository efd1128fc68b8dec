import { expect, it } from 'vitest';
import { judge } from '../analysis/findings.ts';
import { delay, evidence, trial } from '../experiments/made-up.ts';
import type { Parameters, Trial } from '../result.ts';
import { classroomExperiment } from './experiment.ts';

/** A stretch of the projector's lanes: push and a short poll at these medians. */
function stretch(
  together: string,
  fast: number,
  slow: number,
  more: Partial<Parameters> = {},
  appended = 20,
): Trial[] {
  const of = (transport: Trial['transport'], p50: number) =>
    trial({
      transport,
      together,
      appended,
      delayMs: delay(p50),
      parameters: {
        clients: 1,
        oneWayMs: 0,
        ...(transport === 'short-poll' && { intervalMs: 1000 }),
        ...more,
      },
    });
  return [of('push', fast), of('short-poll', slow)];
}

const verdictOf = (...trials: Trial[][]) => judge(classroomExperiment, evidence(trials.flat()));

it('holds where push is ten times fresher, and does not where it is not', () => {
  expect(verdictOf(stretch('a', 50, 500)).verdict).toBe('holds');
  expect(verdictOf(stretch('a', 51, 500)).verdict).toBe('does not hold');
});

it('goes by the first stretch that is long enough and undisturbed', () => {
  const short = stretch('a', 400, 500, {}, 19);
  const away = stretch('b', 400, 500, { awayMs: 2000 });
  const slowed = stretch('c', 400, 500, { handlingMs: 300 });
  const good = stretch('d', 5, 500);
  const later = stretch('e', 400, 500);
  const finding = verdictOf(short, away, slowed, good, later);
  expect(finding.verdict).toBe('holds');
  expect(finding.evidence).toEqual(good.map(({ id }) => id));
  expect(finding.sentence).toMatch(/median message was 5 ms old with push and 500 ms with a poll every 1 s/);
});

it('does not go by the class, whose ways are of any length', () => {
  const phones = stretch('a', 400, 500).map((one) => ({
    ...one,
    parameters: { ...one.parameters, oneWayMs: undefined },
  }));
  expect(verdictOf(phones, stretch('b', 5, 500)).verdict).toBe('holds');
});

it('says what is missing where there is nothing to go by', () => {
  const finding = verdictOf(stretch('a', 5, 500, {}, 19));
  expect(finding.verdict).toBe('inconclusive');
  expect(finding.sentence).toContain('There is no undisturbed stretch of 20 messages');
});
