import { describe, expect, it } from 'vitest';
import { judge } from '../analysis/findings.ts';
import { isAtBroker } from '../experiment.ts';
import type { Trial } from '../result.ts';
import { broker } from './broker.ts';
import { delay, evidence, trial, verdictOf } from './made-up.ts';

/** The rule of the verdict, on made-up trials on both sides of every threshold. */
const overwhelmed = (prefetch: number, heldMax: number) =>
  trial({
    transport: 'amqp',
    parameters: { schedule: 'periodic', handlingMs: 10, prefetch },
    consumed: { redelivered: 0, heldMax, queue: { atMs: [50], ready: [300], held: [heldMax] } },
  });

const polled = (meanMs: number) =>
  trial({
    transport: 'amqp-get',
    parameters: { intervalMs: 200 },
    delayMs: delay(meanMs),
    model: { meanMs: 100 },
    requests: { total: 10, empty: 4, missedSlots: 0 },
  });

const all = (bounded: number, open: number, meanMs: number): Trial[] => [
  overwhelmed(1, 1),
  overwhelmed(100, bounded),
  overwhelmed(0, open),
  polled(meanMs),
];

describe('the verdict on a broker', () => {
  it.each([
    [100, 201, 120, 'holds'],
    [101, 201, 120, 'depends'],
    [100, 200, 120, 'depends'],
    [100, 201, 121, 'depends'],
    [100, 201, 79, 'depends'],
    [101, 201, 121, 'does not hold'],
  ])('with %i held of 100, %i without a prefetch and %i ms for 100: %s', (bounded, open, meanMs, verdict) => {
    expect(verdictOf(broker, all(bounded, open, meanMs))).toBe(verdict);
  });

  it('goes by the median run of each interval', () => {
    const gets = (...means: number[]) => [...all(100, 201, 100).slice(0, 3), ...means.map(polled)];
    expect(verdictOf(broker, gets(100, 100, 190))).toBe('holds');
    expect(verdictOf(broker, gets(100, 190, 190))).toBe('depends');
  });

  it('is inconclusive where there was no broker', () => {
    expect(judge(broker, evidence([]))).toMatchObject({
      verdict: 'inconclusive',
      sentence: expect.stringContaining('No usable trial with a prefetch'),
    });
  });

  it('names what came again, and what was lost', () => {
    const death = (
      change: Partial<Trial['parameters']>,
      transport: Trial['transport'],
      redelivered: number,
    ) =>
      trial({
        transport,
        parameters: { schedule: 'periodic', handlingMs: 10, awayMs: 200, ...change },
        consumed: { redelivered, heldMax: redelivered },
        messages: {
          expected: 100,
          delivered: 90,
          dropped: 0,
          missed: transport === 'mqtt' ? 10 : 0,
          duplicated: 1,
          reordered: 0,
          backlogAtEnd: 0,
        },
      });
    const deaths = [
      death({ prefetch: 10 }, 'amqp', 10),
      death({ prefetch: 0 }, 'amqp', 44),
      death({ qos: 0 }, 'mqtt', 0),
    ];
    const { sentence } = judge(broker, evidence([...all(100, 201, 100), ...deaths]));
    expect(sentence).toMatch(
      /^A slow consumer held at most 100 messages with a prefetch of 100, and 201 messages without a prefetch\. With one get every 200 ms, the mean latency was 100 ms \(model: 100 ms\)\. /,
    );
    expect(sentence).toContain(
      'the broker sent 10 messages again with a prefetch of 10, and 44 without a prefetch. MQTT with QoS 0 lost 10 messages.',
    );
    expect(sentence).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('the plan of a broker', () => {
  const machine = { clientsMax: 1000, cores: 2 };

  it.each(['quick', 'default', 'full'] as const)(
    'of %s has what the verdict needs, in every repeat',
    (profile) => {
      const plans = broker.plan(profile, machine).trials.filter(isAtBroker);
      const repeats = [...new Set(plans.map(({ repeat }) => repeat))];
      expect(repeats).toHaveLength(profile === 'full' ? 5 : 1);
      for (const repeat of repeats) {
        const own = plans.filter((plan) => plan.repeat === repeat);
        expect(own.filter(({ giveUp, death }) => giveUp && !death)).toHaveLength(1);
        expect(own.filter(({ death }) => death)).toHaveLength(1);
        expect(own.some(({ groups }) => groups.some(({ transport }) => transport === 'amqp-get'))).toBe(true);
      }
    },
  );

  it('sends as much at once as a window lets through in the time', () => {
    const plans = broker.plan('default', machine).trials.filter(isAtBroker);
    const messagesFor = (prefetch: number) =>
      plans.find(
        ({ schedule, groups }) =>
          schedule.kind === 'burst' && groups[0]?.transport === 'amqp' && groups[0].prefetch === prefetch,
      )?.schedule.burstSize;
    expect([1, 10, 100, 0].map(messagesFor)).toEqual([30, 300, 1000, 1000]);
  });
});
