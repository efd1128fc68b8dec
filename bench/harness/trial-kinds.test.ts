import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policies } from '../../servers/fan-out/send-queue.ts';
import type { RoomPlan, TrialPlan } from '../experiment.ts';
import { optionsOf } from '../knobs.ts';
import { type Trial, trialSchema } from '../result.ts';
import { type ClientGroup, Group, publicationTimesMs } from './group.ts';
import { Bench } from './trial.ts';

/** Every kind of trial in real processes: what they record, and that their books balance. Nothing here is timed. */
let bench: Bench;

beforeAll(() => {
  bench = new Bench();
});
afterAll(() => bench.kill());

async function run(
  plan: Omit<TrialPlan, 'repeat' | 'schedule'> & { ratePerSecond?: number; payloadBytes?: number },
) {
  const { ratePerSecond = 50, payloadBytes = 58, ...rest } = plan;
  const schedule = { kind: 'periodic', ratePerSecond, payloadBytes } as const;
  const trials = await bench.run('test', { schedule, repeat: 1, ...rest });
  for (const trial of trials) {
    expect(trialSchema.parse(trial)).toMatchObject({ status: 'ok' });
    const { expected, delivered, dropped, missed, backlogAtEnd } = trial.messages;
    expect(delivered + dropped + missed + backlogAtEnd).toBe(expected);
  }
  return trials;
}

const bare = { framework: 'http' } as const;

it('measures the way in a trial with distance, and runs its models on it', async () => {
  const trials = await run({
    groups: [
      { transport: 'push', clients: 2 },
      { transport: 'long-poll', clients: 2 },
      { transport: 'short-poll', clients: 2, intervalMs: 60 },
      { transport: 'notify', clients: 2 },
    ],
    link: { oneWayMs: 20 },
    durationMs: 400,
  });
  for (const { linkMs, model, delayMs, parameters } of trials) {
    expect(parameters.oneWayMs).toBe(20);
    expect(linkMs?.mean).toBeGreaterThanOrEqual(20);
    expect(model?.meanMs).toBeGreaterThanOrEqual(linkMs?.mean ?? 0);
    expect(delayMs.mean).toBeGreaterThanOrEqual(20);
  }
  expect(trials.map(({ responseMs }) => responseMs?.count !== undefined)).toEqual([false, true, true, true]);
});

it.each(['push', 'sse', 'long-poll', 'short-poll'] as const)(
  'lets clients publish over %s, and everybody hears everybody once',
  async (transport) => {
    const [trial] = await run({
      groups: [{ transport, clients: 6, intervalMs: 50, server: bare }],
      ratePerSecond: 0,
      publish: { perClient: 4, everyMs: 100 },
      durationMs: 400,
    });
    expect(trial?.messages).toMatchObject({ expected: 6 * 4 * 6, delivered: 6 * 4 * 6 });
    expect(trial?.parameters).toMatchObject({ publishEveryMs: 100, ratePerSecond: 60 });
    // Nobody published before the planned instant, from which delays and models count. There is no model where
    // a busy machine published everything after the window.
    if (transport === 'push' && trial?.model) expect(trial.model.meanMs).toBeGreaterThan(0);
  },
);

it('shares the clients of a trial among several load generators, and adds up what they say', async () => {
  const [trial] = await run({
    groups: [{ transport: 'push', clients: 31 }],
    loadGenerators: 3,
    durationMs: 400,
  });
  expect(trial?.clients.count).toBe(31);
  expect(trial?.messages).toMatchObject({ expected: 31 * 20, delivered: 31 * 20 });
  expect(trial?.delayMs.count).toBe(31 * 20);
  expect(trial?.shards).toBeUndefined();
});

it('counts as dropped what clients of the latest value did not want', async () => {
  const [poll, notified] = await run({
    groups: [
      { transport: 'short-poll', clients: 2, intervalMs: 100, contract: 'latest', server: bare },
      { transport: 'notify', clients: 2, intervalMs: 100, contract: 'latest', server: bare },
    ],
    ratePerSecond: 200,
    durationMs: 500,
  });
  for (const trial of [poll, notified]) {
    expect(trial?.contract).toBe('latest');
    expect(trial?.messages.dropped).toBeGreaterThan(100);
    expect(trial?.messages.delivered).toBeGreaterThan(0);
  }
});

it('gives each group a process of its own, and says how often it was woken', async () => {
  const trials = await run({
    groups: [
      { transport: 'push', clients: 1 },
      { transport: 'short-poll', clients: 1, intervalMs: 100, keepAlive: false, server: bare },
    ],
    ownLoadGenerators: true,
    durationMs: 500,
  });
  for (const { clients } of trials) {
    expect(clients.wakeUps).toBeGreaterThan(0);
    expect(clients.eventLoopDelayP99Ms).toBeNull();
  }
  const [push, poll] = trials.map(({ clients, durationMs }) => (clients.connectedMs ?? 0) / durationMs);
  expect(poll).toBeLessThan(push ?? 0);
});

it('reads a stall of the server in two ways', async () => {
  const [trial] = await run({
    groups: [{ transport: 'short-poll', clients: 1, intervalMs: 100, server: bare }],
    stall: { atMs: 300, durationMs: 300 },
    besides: { clients: 1, intervalMs: 5 },
    durationMs: 800,
  });
  expect(trial?.parameters.stallMs).toBe(300);
  expect(trial?.besides?.plannedMs.p90).toBeGreaterThan(50);
  expect(trial?.besides?.closedLoopMs.p90).toBeLessThan(trial?.besides?.plannedMs.p90 ?? 0);
  expect(trial?.besides?.closedLoopMs.count).toBe(trial?.besides?.plannedMs.count);
});

describe('clients that go away', () => {
  const away = (logLimitMessages?: number) =>
    run({
      groups: [
        { transport: 'push', clients: 2, replay: false },
        { transport: 'push', clients: 2 },
        { transport: 'sse', clients: 2, server: bare },
        { transport: 'long-poll', clients: 2, server: bare },
        { transport: 'short-poll', clients: 2, intervalMs: 50, server: bare },
      ],
      ratePerSecond: 100,
      away: { atMs: 150, durationMs: 300 },
      logLimitMessages,
      durationMs: 700,
    });

  it('lose what came meanwhile without a log, and nothing with one', async () => {
    const [without, ...others] = await away();
    expect(without?.messages.missed).toBeGreaterThan(0);
    for (const trial of others) {
      expect(trial.messages).toMatchObject({ missed: 0, delivered: trial.messages.expected });
      expect(trial.returned?.replayed).toBeGreaterThan(0);
      expect(trial.returned?.caughtUpMs).not.toBeNull();
    }
    expect(without?.returned?.replayed).toBe(0);
    const { timeline } = others[0] as Trial;
    expect(timeline?.atMs.length).toBe(timeline?.dueMs.length);
    expect(timeline).toMatchObject({ awayFromMs: 150, awayUntilMs: 450 });
  });

  it('are told how much a log that keeps too little has lost, to the message', async () => {
    const trials = await away(5);
    for (const { messages, parameters } of trials) {
      expect(parameters.retentionMs).toBe(50);
      expect(messages.missed).toBeGreaterThan(0);
      expect(messages.delivered).toBe(messages.expected - messages.missed);
    }
  });
});

it('survives an outage of the server without losing a message', async () => {
  const trials = await run({
    groups: [
      { transport: 'push', clients: 3, backoff: 'immediate' },
      { transport: 'short-poll', clients: 3, intervalMs: 50, inPhase: true, server: bare },
      { transport: 'long-poll', clients: 3, server: bare },
    ],
    outage: { atMs: 100, durationMs: 200 },
    sampleEveryMs: 50,
    durationMs: 700,
  });
  for (const { messages, returned, series, parameters } of trials) {
    expect(messages.delivered).toBe(messages.expected);
    expect(returned?.replayed).toBeGreaterThan(0);
    expect(parameters.outageMs).toBe(200);
    expect(series?.connects?.reduce((sum, connects) => sum + connects, 0)).toBeGreaterThanOrEqual(3);
  }
});

describe.each(policies)('the policy %s', (policy) => {
  const limitBytes = 512 * 1024;

  it('keeps exact books through an overload, and the slow client pays the most', async () => {
    const [trial] = await run({
      groups: [
        {
          transport: 'push',
          clients: 4,
          slowClients: 1,
          handlingMs: 200,
          server: {
            policy,
            ...(policy !== 'unbounded' && policy !== 'credit' && { limitBytes }),
          },
          ...(policy === 'credit' && { credit: 4 }),
        },
      ],
      ratePerSecond: 100,
      // The overload sends twice what the kernel holds for one connection.
      payloadBytes: 96 * 1024,
      overload: { atMs: 100, durationMs: 2000 },
      sampleEveryMs: 50,
      durationMs: 2400,
    });
    const [fast, slow] = trial?.cohorts ?? [];
    expect(trial?.parameters).toMatchObject({ policy, slowClients: 1, overloadMs: 2000 });
    expect(fast?.phases?.during.count).toBeGreaterThan(0);
    expect(fast?.phases?.before.count).toBeGreaterThan(0);
    const drops = ['drop-newest', 'drop-oldest', 'conflate'].includes(policy);
    // On a busy machine neighbours read late too: clients/slow-consumer.test.ts has some that keep up.
    const [ofEachFast = 0, ofSlow = 0] = [fast, slow].map(
      (cohort) => (cohort?.messages.dropped ?? 0) / (cohort?.clients ?? 1),
    );
    if (drops) expect(ofSlow).toBeGreaterThan(ofEachFast);
    else
      for (const { messages } of trial?.cohorts ?? [])
        expect(messages).toMatchObject({ dropped: 0, delivered: messages.expected });
    if (policy === 'disconnect') {
      expect(trial?.server.evictions?.count).toBeGreaterThan(0);
      expect(trial?.server.evictions?.reasons.join()).toContain('slow consumer');
    } else expect(trial?.server.evictions).toBeUndefined();
    const longest = Math.max(...(trial?.series?.longestBacklogBytes ?? []));
    if (policy === 'unbounded') expect(longest).toBeGreaterThan(limitBytes);
    else expect(longest).toBeLessThan(limitBytes + 512 * 1024);
  });
});

describe('a trial that is traced', () => {
  const traced = () =>
    run({
      groups: [
        { transport: 'push', clients: 1 },
        { transport: 'sse', clients: 1, server: bare },
        { transport: 'long-poll', clients: 1, server: { ...bare, holdMs: 60 } },
        { transport: 'short-poll', clients: 1, intervalMs: 50 },
      ],
      link: { oneWayMs: 15 },
      ratePerSecond: 8,
      durationMs: 800,
      trace: true,
    });

  it('agrees with its books, its counters and its ages to the last message', async () => {
    for (const { trace, messages, requests, delayMs, delayHistogram, parameters } of await traced()) {
      const { messages: handled = [], polls = [] } = trace ?? {};
      expect(parameters.traced).toBe(true);
      expect(handled).toHaveLength(messages.delivered);
      expect(handled.map(({ seq }) => seq)).toEqual(handled.map((_, place) => place + 1));
      const counted = polls.filter((poll) => poll.counted);
      expect(counted).toHaveLength(requests.total);
      expect(counted.filter(({ seqs }) => seqs.length === 0)).toHaveLength(requests.empty);
      if (polls.length > 0) expect(polls.flatMap(({ seqs }) => seqs)).toEqual(handled.map(({ seq }) => seq));
      const ages = handled.map(({ dueMs, handledMs }) => handledMs - dueMs).sort((a, b) => a - b);
      expect(ages.reduce((sum, age) => sum + age, 0) / ages.length).toBeCloseTo(delayMs.mean ?? 0, 2);
      expect(ages.at(-1)).toBeCloseTo(delayMs.max ?? 0, 2);
      // Bins are a twentieth of a decade wide; the trace has microseconds, so an age may lie that far beside its own.
      const bins = delayHistogram?.upToMs.flatMap((upToMs, bin) =>
        Array<number>(delayHistogram.count[bin] ?? 0).fill(upToMs),
      );
      expect(bins).toHaveLength(ages.length);
      for (const [place, age] of ages.entries()) {
        const upToMs = bins?.[place] ?? 0;
        expect(age).toBeLessThanOrEqual(upToMs + 0.002);
        expect(age).toBeGreaterThan(upToMs / 10 ** (1 / 20) - 0.002);
      }
    }
  });

  it('has every instant in the order of the way, with the way itself in between', async () => {
    const trials = await traced();
    const polls = trials.flatMap(({ trace }) => trace?.polls ?? []);
    expect(polls.length).toBeGreaterThan(0);
    for (const { sentMs, arrivedMs, answeredMs, receivedMs } of polls) {
      const way = [sentMs, arrivedMs, answeredMs, receivedMs].filter((instant) => instant !== undefined);
      expect(way).toEqual(way.toSorted((a, b) => a - b));
      if (arrivedMs !== undefined) expect(arrivedMs - sentMs).toBeGreaterThanOrEqual(15);
      if (answeredMs !== undefined && receivedMs !== undefined)
        expect(receivedMs - answeredMs).toBeGreaterThanOrEqual(15);
    }
    for (const { dueMs, atMs, handledMs } of trials.flatMap(({ trace }) => trace?.messages ?? [])) {
      expect(atMs).toBeGreaterThanOrEqual(dueMs);
      expect(handledMs - dueMs).toBeGreaterThanOrEqual(15);
    }
    for (const { messages, polls } of trials.flatMap(({ trace }) => trace ?? []))
      for (const { seq, handledMs } of messages) {
        const carrier = polls.find(({ seqs }) => seqs.includes(seq));
        if (carrier) expect(handledMs).toBeGreaterThanOrEqual(carrier.receivedMs ?? Number.POSITIVE_INFINITY);
      }
  });

  it('takes one client in each group', () => {
    const group: ClientGroup = {
      transport: 'short-poll',
      port: 1,
      clients: 2,
      options: optionsOf({ intervalMs: 50 }),
      traced: true,
      seed: 1,
    };
    expect(() => new Group(group)).toThrow(
      'invalid trace: expected 1 client in each group, got 2 of short-poll',
    );
  });

  it('is the only kind that has a trace', async () => {
    const [trial] = await run({
      groups: [{ transport: 'short-poll', clients: 1, intervalMs: 50 }],
      durationMs: 200,
    });
    expect(trial?.trace).toBeUndefined();
    expect(trial?.parameters.traced).toBeUndefined();
  });
});

it('tries paths, and gives every cell as a trial', async () => {
  const limits = { messages: 2, idleLimitMs: 300, intervalMs: 450, connectLimitMs: 3000, drainMs: 3000 };
  const plan = { name: 'paths', ...limits, proxy: 'embedded', repeat: 1, durationMs: 7000 } as const;
  const { trials = [] } = await bench.probe('test', plan);
  expect(trials).toHaveLength(36);
  for (const trial of trials) expect(trialSchema.parse(trial)).toMatchObject({ status: 'ok' });
  const outcome = (transport: string, path: string) =>
    trials.find((trial) => trial.transport === transport && trial.parameters.path === path)?.path?.outcome;
  expect(outcome('push', 'no-upgrade')).toBe('fails');
  expect(outcome('sse', 'no-upgrade')).not.toBe('fails');
  expect(outcome('sse', 'buffering')).toBe('fails');
  expect(outcome('sse', 'buffering with opt-out')).not.toBe('fails');
});

describe('a chat room', () => {
  const plan = { name: 'room', repeat: 1, durationMs: 0 } as const;
  const valuesOf = async (room: Pick<RoomPlan, 'kind' | 'visitors' | 'cycles'>) =>
    (await bench.probe('test', { ...plan, ...room })).probes?.[0]?.values;

  it('of 200 hears every word once', async () => {
    expect(await valuesOf({ kind: 'fixed', visitors: 200, cycles: 0 })).toMatchObject({
      announcementsHeard: (200 * 201) / 2,
      saidHeard: 200 * 200,
      missing: 0,
      doubled: 0,
    });
  });

  it('forgets who has left, and its naive twin does not', async () => {
    const cycles = 100;
    const fixed = await valuesOf({ kind: 'fixed', visitors: 0, cycles });
    const naive = await valuesOf({ kind: 'naive', visitors: 0, cycles });
    expect(fixed?.rememberedAfterwards).toBe(0);
    expect(naive?.rememberedAfterwards).toBe(cycles);
  });
});

describe('a probe', () => {
  it('counts bytes on the wire, to the byte', async () => {
    const { probes = [] } = await bench.probe('test', { name: 'wire-bytes', durationMs: 1000 });
    const values = (name: string) => probes.find((probe) => probe.name === name)?.values;
    const message = values('web-socket/plain')?.messageBytes ?? 0;
    // RFC 6455: two bytes before a short message; a line break after one; 22 bytes of TLS 1.3 around a record.
    expect(values('web-socket/plain')).toMatchObject({ upBytes: 0, downBytes: message + 2 });
    expect(values('web-socket/tls')).toMatchObject({ upBytes: 0, downBytes: message + 2 + 22 });
    expect(values('tcp-line/plain')).toMatchObject({ upBytes: 0, downBytes: message + 1 });
    const poll = values('empty-poll/plain');
    const withMessage = values('poll-with-message/plain');
    expect(withMessage?.upBytes).toBe(poll?.upBytes);
    // One digit more in the answer's own length, since it has three instead of two.
    expect((withMessage?.downBytes ?? 0) - (poll?.downBytes ?? 0)).toBe(message + 1);
    expect(values('empty-poll/http2')?.upBytes).toBeLessThan(poll?.upBytes ?? 0);
    expect(probes).toHaveLength(12);
  });

  it('reads autocannon in two ways', async () => {
    const { probes } = await bench.probe('test', { name: 'autocannon', durationMs: 1000 });
    const [probe] = probes ?? [];
    expect(probe?.values.ignoringP50Ms).toBeGreaterThanOrEqual(99);
    expect(probe?.values.requests).toBeGreaterThan(0);
  });
});

it('spreads the clients that publish over the time from one publication to the next', () => {
  expect(publicationTimesMs({ perClient: 2, everyMs: 100 }, 4)).toEqual([
    12.5, 37.5, 62.5, 87.5, 112.5, 137.5, 162.5, 187.5,
  ]);
});
