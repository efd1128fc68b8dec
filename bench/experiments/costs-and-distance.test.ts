import { describe, expect, it } from 'vitest';
import { judge } from '../analysis/findings.ts';
import type { Probe, Trial } from '../result.ts';
import { breakEven, forecastScore } from './cost/break-even.ts';
import { lightClient } from './cost/light-client.ts';
import { published } from './cost/published.ts';
import { honest } from './honest.ts';
import { delay, evidence, trial, verdictOf } from './made-up.ts';
import { distance } from './real-time/distance.ts';

/** The rules of the verdicts on distance and cost, on made-up trials on both sides of every threshold. */
describe('distance', () => {
  const at = (transport: Trial['transport'], oneWayMs: number, ms: number, repeat = 1) =>
    trial({
      transport,
      repeat,
      delayMs: delay(ms),
      linkMs: delay(oneWayMs),
      parameters: { oneWayMs, ratePerSecond: 50 },
    });

  it.each([
    [90, 'holds'],
    [90.1, 'does not hold'],
  ])('80 ms away, a median of %f ms with push: %s', (ms, verdict) => {
    expect(verdictOf(distance, [at('push', 80, ms), at('long-poll', 80, 160)])).toBe(verdict);
  });

  it('rests on the median run, the measured one-way delay and the largest distance alone', () => {
    const far = (...ms: number[]) => [...ms.map((each) => at('push', 80, each)), at('long-poll', 80, 160)];
    expect(verdictOf(distance, far(81, 81, 95))).toBe('holds');
    expect(verdictOf(distance, far(81, 95, 95))).toBe('does not hold');
    expect(verdictOf(distance, [...far(81), at('push', 20, 300)])).toBe('holds');
    const slow = at('push', 80, 95);
    const rare = { ...slow, parameters: { ...slow.parameters, ratePerSecond: 2 } };
    expect(verdictOf(distance, [...far(81), rare])).toBe('holds');
    const late = { ...at('push', 80, 91), linkMs: delay(81) };
    expect(verdictOf(distance, [late, at('long-poll', 80, 160)])).toBe('holds');
  });

  it('counts in one-way delays, next to the model', () => {
    const { sentence } = judge(distance, evidence([at('push', 80, 79), at('long-poll', 80, 160)]));
    expect(sentence).toMatch(
      /^Over a one-way delay of 80 ms, push took 1\.0 times that delay, a long poll 2\.0 times \(50 messages\/s\)\./,
    );
    expect(sentence).toContain('For the long poll, the model predicts 2.00 times the one-way delay.');
    expect(sentence).toContain('-1 to -1 ms above');
  });
});

/** Trials of a grid that costs exactly this, in µs, over as many runs. */
function grid(
  costs: { poll: number; batched: number; push: number },
  repeats = 1,
  rates: readonly number[] = [4, 40, 150],
): Trial[] {
  const frameworks = ['express', 'http'] as const;
  const clients = { count: 100 };
  return Array.from({ length: repeats }, (_, index) => index + 1).flatMap((repeat) =>
    rates.flatMap((ratePerSecond) => [
      trial({
        repeat,
        clients,
        appended: ratePerSecond,
        parameters: { clients: 100, ratePerSecond, schedule: 'periodic' },
        server: { cpuMs: 2 + (100 * ratePerSecond * costs.push) / 1000 },
      }),
      ...frameworks.flatMap((framework) =>
        [100, 500].map((intervalMs) => {
          const polls = (100 * 1000) / intervalMs;
          return trial({
            transport: 'short-poll',
            repeat,
            clients,
            appended: ratePerSecond,
            requests: { total: polls, empty: 0, missedSlots: 0 },
            parameters: { clients: 100, ratePerSecond, intervalMs, framework, schedule: 'periodic' },
            server: { cpuMs: 2 + (polls * costs.poll + 100 * ratePerSecond * costs.batched) / 1000 },
          });
        }),
      ),
    ]),
  );
}

describe('break-even', () => {
  it.each([
    ['a poll that costs nothing', { poll: 0.01, batched: 1, push: 10 }, 'holds'],
    ['a push that costs no more than a batched message', { poll: 20, batched: 3, push: 2 }, 'does not hold'],
    ['a poll that costs four deliveries', { poll: 40, batched: 1, push: 11 }, 'depends'],
  ])('with %s: %s', (_name, costs, verdict) => {
    expect(verdictOf(breakEven, grid(costs))).toBe(verdict);
  });

  it('says at which rate it turns, or that it never does', () => {
    const at = (costs: Parameters<typeof grid>[0]) => judge(breakEven, evidence(grid(costs))).sentence;
    expect(at({ poll: 40, batched: 1, push: 11 })).toContain(
      'Polling every 500 ms is cheaper above 8 messages/s (95%: 8 to 8).',
    );
    expect(at({ poll: 40, batched: 12, push: 11 })).toContain('push is cheaper at any rate');
  });

  it('gives the break-even with its interval, or says that it is not determined', () => {
    const noisy = (by: number) =>
      grid({ poll: 40, batched: 1, push: 11 }).map((made, index) => ({
        ...made,
        server: { ...made.server, cpuMs: made.server.cpuMs * (1 + by * (index % 2 === 0 ? 1 : -1)) },
      }));
    const [, value = 0, low = 0, high = 0] = (
      /cheaper above ([\d.]+) messages\/s \(95%: ([\d.]+) to ([\d.]+)\)/.exec(
        judge(breakEven, evidence(noisy(0.02))).sentence,
      ) ?? []
    ).map(Number);
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(judge(breakEven, evidence(noisy(0.8))).sentence).toContain('The break-even is not determined');
  });

  it('is about polls on Express alone', () => {
    const dear = grid({ poll: 2000, batched: 1, push: 11 });
    expect(verdictOf(breakEven, dear)).toBe('does not hold');
    const cheapBare = dear.map((made) =>
      made.parameters.framework === 'http' ? { ...made, server: { ...made.server, cpuMs: 0.1 } } : made,
    );
    expect(verdictOf(breakEven, cheapBare)).toBe('does not hold');
  });

  it.each(['quick', 'default', 'full'] as const)('is about the same corners in %s', (profile) => {
    const polls = breakEven
      .plan(profile, { clientsMax: 1000, cores: 2 })
      .trials.filter(({ groups }) => groups[0]?.transport === 'short-poll');
    const endsOf = (values: readonly number[]) => [Math.min(...values), Math.max(...values)];
    expect(endsOf(polls.map(({ schedule }) => schedule.ratePerSecond))).toEqual([4, 150]);
    expect(endsOf(polls.map(({ groups }) => groups[0]?.intervalMs ?? 0))).toEqual([100, 500]);
    expect(breakEven.rule).toContain('4 to 150 messages/s');
    expect(breakEven.rule).toContain('100 to 500 ms');
  });

  it('does not name a winner where runs disagree', () => {
    const noisy = grid({ poll: 100, batched: 1, push: 11 }, 3).map((made) =>
      made.transport === 'push' && made.repeat !== 2
        ? { ...made, server: { ...made.server, cpuMs: made.server.cpuMs * (made.repeat === 1 ? 9 : 0.1) } }
        : made,
    );
    expect(verdictOf(breakEven, noisy)).toBe('does not hold');
  });

  it('gives the fitted costs as fits, with their interval', () => {
    const fits = breakEven.fits?.(evidence(grid({ poll: 40, batched: 1, push: 11 }))) ?? [];
    const costOf = (name: string) => fits.find((fit) => fit.name === name)?.value;
    expect(costOf('poll/express')).toBeCloseTo(40, 3);
    expect(costOf('poll/http')).toBeCloseTo(40, 3);
    expect(costOf('batched/http')).toBeCloseTo(1, 3);
    expect(costOf('push')).toBeCloseTo(11, 3);
    for (const { low, value, high } of fits) expect(low <= value && value <= high).toBe(true);
  });

  it('fits one half of the cells and predicts the other', () => {
    const score = forecastScore(grid({ poll: 40, batched: 1, push: 14 }), 'express');
    expect(score).toEqual({ right: 3, of: 3, tooClose: 0 });
    expect(forecastScore([], 'express')).toBeUndefined();
  });
});

describe('light-client', () => {
  const at = (ratePerSecond: number, pushMs: number, pollMs: number) => [
    trial({ clients: { count: 1, cpuMs: pushMs, wakeUps: 7 }, parameters: { ratePerSecond } }),
    trial({
      transport: 'short-poll',
      contract: 'latest',
      clients: { count: 1, cpuMs: pollMs },
      parameters: { ratePerSecond, intervalMs: 1000 },
    }),
  ];

  it.each([
    [at(0.5, 2, 1), at(100, 2, 1), 'holds'],
    [at(0.5, 1, 1), at(100, 1, 1), 'does not hold'],
    [at(0.5, 1, 2), at(100, 9, 2), 'depends'],
    [at(0.5, 2, 1), at(100, 1, 2), 'depends'],
  ])('%#: by the rates at which the poll is lighter', (slow, fast, verdict) => {
    expect(verdictOf(lightClient, [...slow, ...fast])).toBe(verdict);
  });

  it('says between which rates it turns', () => {
    const { sentence } = judge(lightClient, evidence([...at(0.5, 1, 2), ...at(5, 1.5, 2), ...at(100, 9, 2)]));
    expect(sentence).toContain('The cheaper method changes between 5 messages/s and 100 messages/s.');
  });

  it('rests on the same two rates in every profile, whatever else was measured', () => {
    const judged = [...at(0.5, 2, 1), ...at(100, 2, 1)];
    expect(verdictOf(lightClient, [...judged, ...at(5, 1, 2)])).toBe('holds');
    expect(verdictOf(lightClient, [...at(0.1, 2, 1), ...at(100, 2, 1)])).toBe('inconclusive');
    for (const profile of ['quick', 'default', 'full'] as const) {
      const { trials } = lightClient.plan(profile, { clientsMax: 1000, cores: 2 });
      const rates = trials.map(({ schedule }) => schedule.ratePerSecond);
      expect(rates).toEqual(expect.arrayContaining([0.5, 100]));
    }
  });

  it('takes a poll for every message for what it is', () => {
    const every = { ...(at(100, 1, 0.1)[1] as Trial), contract: 'every' as const };
    expect(verdictOf(lightClient, [...at(0.5, 1, 2), ...at(100, 1, 2), every])).toBe('does not hold');
  });
});

describe('published', () => {
  const probe = (name: string, values: Probe['values']): Probe => ({
    experiment: 'published',
    name,
    title: '',
    values,
  });
  const headers = (pollBytes: number) => [
    probe('empty-poll/plain', { upBytes: pollBytes - 60, downBytes: 60, messageBytes: 92 }),
    probe('web-socket/plain', { upBytes: 0, downBytes: 94, messageBytes: 92 }),
  ];
  const chat = (transport: Trial['transport'], meanMs: number) =>
    trial({ transport, delayMs: delay(meanMs), parameters: { publishEveryMs: 500 } });
  const crowd = (transport: Trial['transport'], cpuMs: number) =>
    trial({ transport, server: { cpuMs }, clients: { count: 100 } });
  const chats = [chat('push', 1), chat('long-poll', 2), chat('short-poll', 500)];
  const openData = [crowd('sse', 5), crowd('short-poll', 50)];

  it.each([
    ['all shapes', [...chats, ...openData], headers(100), 'holds'],
    ['a poll with too few bytes', [...chats, ...openData], headers(99), 'depends'],
    ['a chat in another order', [chat('push', 3), ...chats.slice(1), ...openData], headers(100), 'depends'],
    ['cheap polls', [...chats, crowd('sse', 50), crowd('short-poll', 50)], headers(100), 'depends'],
    [
      'no shape',
      [chat('push', 3), ...chats.slice(1), crowd('sse', 50), crowd('short-poll', 50)],
      headers(99),
      'does not hold',
    ],
    ['a shape that nobody repeated', chats, headers(100), 'inconclusive'],
  ])('with %s: %s', (_name, trials, probes, verdict) => {
    expect(verdictOf(published, trials, { probes })).toBe(verdict);
  });

  it('rests on the median run, and on the crowd that every profile has', () => {
    const runs = [chat('push', 1), chat('push', 1), chat('push', 900), ...chats.slice(1)];
    expect(verdictOf(published, [...runs, ...openData], { probes: headers(100) })).toBe('holds');
    const larger = (transport: Trial['transport'], cpuMs: number) =>
      trial({ transport, server: { cpuMs }, clients: { count: 400 } });
    const others = [larger('sse', 900), larger('short-poll', 1)];
    expect(verdictOf(published, [...chats, ...openData, ...others], { probes: headers(100) })).toBe('holds');
  });
});

describe('honest', () => {
  /** The pair of response time and delay, and that of mean and 99th percentile. */
  const readings = (delayMs: number, p99: number) => [
    trial({
      transport: 'short-poll',
      delayMs: delay(delayMs),
      responseMs: delay(1),
      parameters: { stallMs: 100 },
    }),
    trial({ delayMs: delay(1, p99, 1), parameters: { stallMs: 100 } }),
  ];

  it.each([
    [2.1, 2.1, 'does not hold'],
    [2.1, 2, 'depends'],
    [2, 2, 'holds'],
  ])('readings that are %f and %f times apart: %s', (delayMs, p99, verdict) => {
    expect(verdictOf(honest, readings(delayMs, p99))).toBe(verdict);
  });

  it('gives each reading with how it was read', () => {
    const pairs = honest.pairs?.(evidence(readings(5, 3))) ?? [];
    expect(pairs).toHaveLength(2);
    for (const { naive, honest, lesson } of pairs) {
      expect(naive.how).not.toBe(honest.how);
      expect(lesson).not.toBe('');
    }
  });

  it('finds nothing infinitely far from something', () => {
    const slow = (slowBy: 'pause' | 'sleep', bytes: number) =>
      trial({
        series: { atMs: [1], rssBytes: [1], longestBacklogBytes: [bytes], slowAgeMs: [1], slowInbox: [1] },
        parameters: { slowBy },
      });
    expect(verdictOf(honest, [slow('pause', 5_000_000), slow('sleep', 0)])).toBe('does not hold');
    expect(verdictOf(honest, [slow('pause', 0), slow('sleep', 0)])).toBe('holds');
  });
});
