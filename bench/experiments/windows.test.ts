import { describe, expect, it } from 'vitest';
import { dueTimesMs } from '../../servers/source/schedule.ts';
import { judge, messagesMin } from '../analysis/findings.ts';
import { shortPollOnSchedule } from '../analysis/on-schedule.ts';
import { type AnyTrialPlan, type Plan, profiles, type TrialPlan } from '../experiment.ts';
import { idleCost } from './cost/idle-cost.ts';
import { experiments } from './experiments.ts';
import { delay, evidence, trial } from './made-up.ts';
import { freshness } from './real-time/freshness.ts';

/** What is counted per message or per poll is right only in windows that hold whole numbers of both. */
const machine = { clientsMax: 20_000, cores: 2 };
const labSeed = 45;

/** No statement about messages: one trial is followed message by message, to be drawn. */
const isDrawnOnly = (plan: AnyTrialPlan) => 'trace' in plan && plan.trace;
/** Its clients publish all messages, so its schedule has none: they are counted apart. */
const isChat = (plan: AnyTrialPlan): plan is TrialPlan => 'publish' in plan && plan.publish !== undefined;

const everyPlan = experiments.flatMap(({ text, plan }) =>
  profiles.map((profile) => [`${text.id} in ${profile}`, plan(profile, machine)] as const),
);

/** The windows with messages from a schedule, of trials with the lab's own servers and with a broker. */
function windowsOf({ trials }: Plan) {
  return trials.filter((plan) => !isDrawnOnly(plan) && !isChat(plan));
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6;
}

describe.each(everyPlan)('the windows of %s', (_name, plan) => {
  it('hold three messages or more', () => {
    for (const { schedule, durationMs, repeat } of windowsOf(plan))
      expect(dueTimesMs({ ...schedule, durationMs, seed: labSeed + repeat }).length).toBeGreaterThanOrEqual(
        messagesMin,
      );
    for (const { publish, groups } of plan.trials.filter(isChat))
      expect((publish?.perClient ?? 0) * (groups[0]?.clients ?? 0)).toBeGreaterThanOrEqual(messagesMin);
    for (const probe of plan.probes ?? [])
      if (probe.name === 'paths') expect(probe.messages).toBeGreaterThanOrEqual(messagesMin);
  });

  it('hold a whole number of message periods', () => {
    for (const { schedule, durationMs } of windowsOf(plan)) {
      if (schedule.kind === 'poisson') continue;
      const together = schedule.kind === 'burst' ? (schedule.burstSize ?? 10) : 1;
      const periods = (durationMs * schedule.ratePerSecond) / 1000 / together;
      expect({ durationMs, periods, isWhole: isWhole(periods) }).toMatchObject({ isWhole: true });
    }
  });

  it('hold a whole number of poll intervals', () => {
    for (const { groups, durationMs } of plan.trials.filter((one) => !isDrawnOnly(one)))
      for (const { intervalMs } of groups)
        if (intervalMs)
          expect({ durationMs, intervalMs, isWhole: isWhole(durationMs / intervalMs) }).toMatchObject({
            isWhole: true,
          });
  });
});

describe.each(profiles)('idle polling in %s', (profile) => {
  it('sends 2 requests per message, half of them for nothing, at a message per 2 s and a poll per second', () => {
    const plan = idleCost.plan(profile, machine).trials.find(({ groups }) => groups[0]?.intervalMs === 1000);
    if (!plan) throw new Error('idle-cost has no 1 s poll');
    const { durationMs, schedule } = plan;
    expect(schedule).toMatchObject({ kind: 'periodic', ratePerSecond: 0.5 });
    const messages = dueTimesMs({ ...schedule, durationMs }).map((dueMs) => ({ dueMs, atMs: dueMs }));
    const phasesMs = Array.from({ length: 100 }, (_, index) => (index + 0.5) * 10);
    const { requestsPerSecond = 0, emptyShare } = shortPollOnSchedule(
      { messages, oneWayMs: 0, durationMs },
      phasesMs,
      1000,
    );
    const perMessage = (requestsPerSecond * durationMs) / 1000 / messages.length;
    expect(perMessage).toBeGreaterThanOrEqual(1.9);
    expect(perMessage).toBeLessThanOrEqual(2.1);
    expect(emptyShare).toBeGreaterThanOrEqual(0.47);
    expect(emptyShare).toBeLessThanOrEqual(0.53);
  });
});

describe('a trial with too few messages', () => {
  const pair = (appended: number, ratePerSecond = 20) => [
    trial({ appended, parameters: { ratePerSecond } }),
    trial({
      transport: 'short-poll',
      appended,
      parameters: { intervalMs: 1000, ratePerSecond },
      delayMs: delay(500),
    }),
  ];

  it('is no evidence, and the finding says so', () => {
    expect(judge(freshness, evidence(pair(messagesMin))).verdict).toBe('holds');
    const finding = judge(freshness, evidence(pair(messagesMin - 1)));
    expect(finding.verdict).toBe('inconclusive');
    expect(finding.sentence).toContain('2 of 2 trials had fewer than 3 messages');
  });

  it('is evidence where none were wanted', () => {
    expect(judge(freshness, evidence(pair(0, 0))).verdict).toBe('holds');
  });
});
