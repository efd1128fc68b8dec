import { describe, expect, it } from 'vitest';
import { conclude, isUsable, judge } from '../analysis/findings.ts';
import { isAtBroker, type TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';
import { idleCost } from './cost/idle-cost.ts';
import { experiments } from './experiments.ts';
import { delay, evidence, trial, verdictOf } from './made-up.ts';
import { crowd } from './real-time/crowd.ts';
import { freshness } from './real-time/freshness.ts';

/** The rules of the verdicts, on made-up trials on both sides of every threshold. */
const poll = { intervalMs: 1000 } as const;

describe('freshness', () => {
  const pair = (pushP50: number, pushP99: number, pollP50: number) => [
    trial({ delayMs: delay(pushP50, pushP99) }),
    trial({ transport: 'short-poll', parameters: poll, delayMs: delay(pollP50) }),
  ];

  it.each([
    [1, 100, 500, 'holds'],
    [1, 101, 500, 'does not hold'],
    [50, 60, 500, 'holds'],
    [51, 60, 500, 'does not hold'],
  ])('push p50 %f, p99 %f beside a poll of %f: %s', (pushP50, pushP99, pollP50, verdict) => {
    expect(verdictOf(freshness, pair(pushP50, pushP99, pollP50))).toBe(verdict);
  });

  it('rests on the median run, so that more runs are no stricter', () => {
    const runs = (...p99s: number[]) => [
      ...pair(1, 5, 500).slice(1),
      ...p99s.map((p99, index) => trial({ delayMs: delay(1, p99), repeat: index + 1 })),
    ];
    expect(verdictOf(freshness, runs(5, 5, 150))).toBe('holds');
    expect(verdictOf(freshness, runs(5, 150, 150))).toBe('does not hold');
  });

  it('names both sides first, and the messages that it rests on', () => {
    const { sentence } = judge(freshness, evidence(pair(1, 5, 500)));
    expect(sentence).toMatch(
      /^Alone on a server, the median latency was 1 ms with push, 500 ms with a 1 s poll\./,
    );
    expect(sentence).toContain('The server pushed 5 messages to 20 clients, at 20 messages/s.');
  });

  it('judges push by its runs alone', () => {
    const beside = trial({ delayMs: delay(90, 400), together: 'all' });
    expect(
      verdictOf(freshness, [...pair(1, 5, 500), beside, trial({ transport: 'sse', together: 'all' })]),
    ).toBe('holds');
  });
});

describe('idle-cost', () => {
  const pair = (push: Partial<Trial['server']>, pushRequests: number, pollRequests: number) => [
    trial({
      requests: { total: pushRequests, empty: 0, missedSlots: 0 },
      server: { memoryPerClientBytes: 3000, ...push },
    }),
    trial({
      transport: 'short-poll',
      parameters: poll,
      requests: { total: pollRequests, empty: 50, missedSlots: 0 },
      server: { cpuMs: 100, memoryPerClientBytes: 3000 },
    }),
  ];

  it.each([
    [{}, 0, 'holds'],
    [{}, 1, 'does not hold'],
    [{ cpuMs: 10_000, memoryPerClientBytes: 1e6 }, 0, 'holds'],
  ])('push with %j and %i requests: %s, whatever it costs', (push, pushRequests, verdict) => {
    expect(verdictOf(idleCost, pair(push, pushRequests, 200))).toBe(verdict);
  });

  it('gives requests, CPU and memory of both sides, and says what kind of memory', () => {
    const { sentence } = judge(idleCost, evidence(pair({ cpuMs: 23 }, 0, 200)));
    expect(sentence).toBe(
      'Push clients sent 0 requests per message, clients with one poll per second sent 2. 25% of the poll responses were empty. Push used 23 ms of server CPU per second, polling 100 ms (20 clients each). An idle push client kept 2.9 KiB of server memory, a polling client 2.9 KiB (heap and buffers, plaintext).',
    );
  });
});

describe('crowd', () => {
  const sizes = (p99: number) =>
    [100, 1000].map((count) =>
      trial({
        clients: { count, cpuMs: 0, eventLoopDelayP99Ms: 0 },
        delayMs: delay(1, (p99 * count) / 1000),
      }),
    );

  it.each([
    [100, 'holds'],
    [101, 'does not hold'],
  ])('p99 of %f ms to 1,000 clients: %s', (p99, verdict) => {
    expect(verdictOf(crowd, sizes(p99))).toBe(verdict);
  });

  it('judges 1,000 clients, however large the crowds of the profile', () => {
    const larger = trial({ clients: { count: 50_000 }, delayMs: delay(1, 5000) });
    expect(verdictOf(crowd, [...sizes(50), larger])).toBe('holds');
    expect(crowd.text.claim).toContain('1,000 clients');
    expect(verdictOf(crowd, [sizes(50)[0] as Trial, larger])).toBe('inconclusive');
    for (const profile of ['quick', 'default', 'full'] as const)
      expect(
        crowd.plan(profile, { clientsMax: 20_000, cores: 2 }).trials.map(({ groups }) => groups[0]),
      ).toContainEqual(expect.objectContaining({ transport: 'push', clients: 1000 }));
  });

  it('compares a largest and a smallest crowd only where there are two', () => {
    const timesOf = (trials: Trial[]) =>
      conclude(crowd, evidence(trials)).figures.find(({ name }) => name === 'p99Times')?.value;
    expect(timesOf(sizes(50))).toBe(10);
    expect(timesOf(sizes(50).slice(0, 1))).toBeUndefined();
  });

  it('says at how many clients the limit is reached, if that is a number of clients', () => {
    expect(judge(crowd, evidence(sizes(200))).sentence).toContain('at about 500 clients');
    const slow = [100, 1000].map((count) =>
      trial({ clients: { count }, delayMs: delay(1, 150 + count / 100) }),
    );
    const { sentence } = judge(crowd, evidence(slow));
    expect(sentence).toContain('adds 10 ms per 1,000 clients.');
    expect(sentence).not.toContain('reaches');
  });

  it('says how the cost of a message grows with the crowd, and with what power', () => {
    const costing = (count: number, cpuMs: number) =>
      trial({
        clients: { count, cpuMs: 0, eventLoopDelayP99Ms: 0 },
        server: { cpuMs, rssBytes: 1, eventLoopDelayP99Ms: 0 },
        appended: 10,
        delayMs: delay(1, 5),
      });
    // What a message costs by itself hides it in a small crowd.
    const trials = [costing(100, 90), costing(1000, 200), costing(2000, 400), costing(10_000, 2000)];
    expect(judge(crowd, evidence(trials)).sentence).toContain('to the power of 1.00 (95%: 1.00 to 1.00)');
    expect(crowd.fits?.(evidence(trials))).toMatchObject([{ name: 'exponent', n: 3 }]);
    const steeper = [costing(1000, 20), costing(10_000, 400), costing(100_000, 8000)];
    expect(crowd.fits?.(evidence(steeper))[0]?.value).toBeCloseTo(1.3, 2);
    expect(crowd.fits?.(evidence(trials.slice(0, 2)))).toEqual([]);
  });

  it('says how often the same crowd could poll', () => {
    const capacity = {
      experiment: 'crowd',
      transport: 'short-poll',
      connections: 1,
      durationMs: 1,
      errors: 0,
    } as const;
    const { sentence } = judge(
      crowd,
      evidence(sizes(50), { capacities: [{ ...capacity, requestsPerSecond: 5000 }] }),
    );
    expect(sentence).toContain(
      'The shortest poll interval for 1,000 clients is 200 ms: the server responds to 5,000 polls per second.',
    );
  });
});

describe('every experiment', () => {
  it.each(experiments.map((experiment) => [experiment.text.id, experiment] as const))(
    '%s is inconclusive without evidence, and says why',
    (_id, experiment) => {
      const finding = judge(experiment, evidence([]));
      expect(finding).toMatchObject({ verdict: 'inconclusive', provisional: false, evidence: [] });
      expect(finding.error).toBeUndefined();
      expect(finding.sentence).not.toBe('');
    },
  );

  it.each(experiments.map((experiment) => [experiment.text.id, experiment] as const))(
    '%s plans trials in every profile, five times in full',
    (_id, experiment) => {
      for (const profile of ['quick', 'default', 'full'] as const) {
        const plan = experiment.plan(profile, { clientsMax: 20_000, cores: 2 });
        const { trials, probes = [] } = plan;
        const repeats = new Set([
          ...trials.map(({ repeat }) => repeat),
          ...probes.flatMap((probe) => ('repeat' in probe ? probe.repeat : [])),
        ]);
        expect(repeats.size).toBeGreaterThanOrEqual(profile === 'full' ? 5 : 1);
      }
    },
  );

  it('has as large a crowd as the machine can hold, in several load generators, and no larger', () => {
    const largest = (clientsMax: number, cores = 2) => {
      const plans = crowd
        .plan('full', { clientsMax, cores })
        .trials.filter((one): one is TrialPlan => !isAtBroker(one));
      const clientsOf = ({ groups }: (typeof plans)[number]) => groups[0]?.clients ?? 0;
      const [plan] = plans.sort((a, b) => clientsOf(b) - clientsOf(a));
      return [plan && clientsOf(plan), plan?.loadGenerators, plan?.groups[0]?.server?.limits?.connections];
    };
    expect(largest(19_800)).toEqual([19_000, 2, undefined]);
    expect(largest(1_000_000, 4)).toEqual([50_000, 4, 51_000]);
    expect(largest(10_900)).toEqual([10_000, 2, undefined]);
  });

  it('leaves out crowds for which there are too few file descriptors', () => {
    const { trials } = crowd.plan('full', { clientsMax: 1000, cores: 2 });
    expect(Math.max(...trials.flatMap(({ groups }) => groups.map(({ clients }) => clients)))).toBe(1000);
  });
});

describe('a trial that only illustrates', () => {
  const judged = [
    trial({ delayMs: delay(1, 5) }),
    trial({ transport: 'short-poll', parameters: poll, delayMs: delay(500) }),
  ];
  const traced = (['push', 'short-poll'] as const).map((transport) =>
    trial({
      transport,
      parameters: { traced: true, ...(transport === 'short-poll' && poll) },
      delayMs: delay(400, 900),
      repeat: 9,
      together: 'followed',
    }),
  );

  it('is no evidence, whatever it measured', () => {
    expect(traced.some(isUsable)).toBe(false);
    expect(judge(freshness, evidence([...judged, ...traced]))).toEqual(judge(freshness, evidence(judged)));
  });

  it('is not among the trials that could not be used', () => {
    const { sentence } = judge(freshness, evidence(traced));
    expect(sentence).toBe('No usable pair of a push trial and a poll trial.');
  });

  it.each(['quick', 'default', 'full'] as const)(
    'is planned once in %s, and costs next to nothing',
    (profile) => {
      const plans = experiments.flatMap(
        (experiment) => experiment.plan(profile, { clientsMax: 20_000, cores: 2 }).trials,
      );
      const followed = plans.filter((plan) => 'trace' in plan && plan.trace);
      expect(followed).toHaveLength(1);
      expect(followed[0]?.groups.map(({ transport, clients }) => [transport, clients])).toEqual([
        ['push', 1],
        ['sse', 1],
        ['long-poll', 1],
        ['short-poll', 1],
      ]);
      expect(followed[0]?.durationMs).toBeLessThanOrEqual(3000);
    },
  );
});

describe('evidence', () => {
  it.each([
    ['a failed trial', { status: 'failed' as const }],
    ['an interrupted trial', { status: 'interrupted' as const }],
    ['a trial with a saturated fleet', { warnings: [{ code: 'fleet-saturated', text: '' }] }],
  ])('does not include %s', (_name, change) => {
    expect(isUsable(trial(change))).toBe(false);
    const pushed = trial({ ...change, delayMs: delay(1) });
    const polled = trial({ transport: 'short-poll', parameters: poll, delayMs: delay(500) });
    const finding = judge(freshness, evidence([pushed, polled]));
    expect(finding.verdict).toBe('inconclusive');
    expect(finding.sentence).toContain('1 of 2 trials failed or were limited by the load generator');
  });

  it('of fewer than three repeats makes a verdict provisional', () => {
    const repeats = (count: number) =>
      Array.from({ length: count }, (_, index) => [
        trial({ repeat: index + 1 }),
        trial({ repeat: index + 1, transport: 'short-poll', parameters: poll, delayMs: delay(500) }),
      ]).flat();
    expect(judge(freshness, evidence(repeats(2))).provisional).toBe(true);
    expect(judge(freshness, evidence(repeats(3))).provisional).toBe(false);
  });
});
