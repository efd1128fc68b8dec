import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { transportNames } from '../../clients/transports.ts';
import { trialWarnings, wasDisturbed } from '../analysis/warnings.ts';
import { type Trial, trialSchema } from '../result.ts';
import { Bench } from './trial.ts';

/** Real trials in real processes. Nothing here looks at how fast anything was. */
describe('a trial', () => {
  let bench: Bench;

  beforeAll(() => {
    bench = new Bench();
  });
  afterAll(() => bench.kill());

  it('balances its books with all transports on one source at once', async () => {
    const groups = transportNames.map((transport) => ({ transport, clients: 4, intervalMs: 100 }));
    const trials = await bench.run('test', {
      groups,
      schedule: { kind: 'poisson', ratePerSecond: 100 },
      durationMs: 500,
      repeat: 1,
    });
    expect(trials.map(({ transport }) => transport)).toEqual(transportNames);
    for (const trial of trials) {
      expect(trialSchema.parse(trial)).toMatchObject({ status: 'ok', contract: 'every' });
      expect(trial.appended).toBe(trials[0]?.appended);
      expect(trial.messages).toMatchObject({ expected: 4 * trial.appended, delivered: 4 * trial.appended });
      expect(trial.delayMs.count).toBe(trial.messages.delivered);
    }
    expect(new Set(trials.map(({ id }) => id)).size).toBe(transportNames.length);
    expect(new Set(trials.map(({ together }) => together)).size).toBe(1);
  });

  it('counts the bytes of its messages', async () => {
    const plan = {
      groups: transportNames.map((transport) => ({ transport, clients: 1, intervalMs: 20 })),
      schedule: { kind: 'periodic', ratePerSecond: 50 } as const,
      durationMs: 400,
      repeat: 1,
    };
    // Those of its window: a busy machine delivers after that, and has another try.
    await vi.waitFor(async () => {
      for (const { bytes } of await bench.run('test', plan)) expect(bytes.toClients).toBeGreaterThan(10 * 58);
    });
  });

  it.each(transportNames)('gives the same messages for the same seed over %s', async (transport) => {
    const plan = {
      groups: [{ transport, clients: 2, intervalMs: 50 }],
      schedule: { kind: 'poisson', ratePerSecond: 200 } as const,
      durationMs: 200,
      repeat: 1,
    };
    const [first] = await bench.run('test', plan, 7);
    const [again] = await bench.run('test', plan, 7);
    expect(first?.appended).toBe(again?.appended);
    expect(first?.id).toBe(again?.id);
  });

  it('tells a slow client’s backlog from what was delivered', async () => {
    const [trial] = await bench.run('test', {
      groups: [{ transport: 'push', clients: 3, slowClients: 1, handlingMs: 50 }],
      schedule: { kind: 'periodic', ratePerSecond: 200, payloadBytes: 1024 },
      durationMs: 1000,
      repeat: 1,
      sampleEveryMs: 100,
      giveUp: true,
    });
    expect(trial?.status).toBe('ok');
    const slow = trial?.cohorts?.find(({ name }) => name === 'slow');
    expect(slow?.messages.backlogAtEnd).toBeGreaterThan(100);
    expect(trial?.cohorts?.find(({ name }) => name === 'fast')?.messages.backlogAtEnd).toBe(0);
    expect(trial?.series?.atMs.length).toBeGreaterThan(0);
  });

  it('measures how busy a load generator was: one that is busier than 90% of the time stays out of the verdicts', async () => {
    const [trial] = await bench.run('test', {
      groups: [{ transport: 'push', clients: 5 }],
      schedule: { kind: 'periodic', ratePerSecond: 10 },
      durationMs: 500,
      repeat: 1,
    });
    const { clients, warnings, ...rest } = trial as Trial;
    expect(clients.loopBusyShare).toBeGreaterThan(0);
    expect(clients.cpuMs).toBeGreaterThan(0);
    const codesAt = (change: Partial<Trial['clients']>) => {
      const quiet = { ...clients, cpuMs: 0, loopBusyShare: 0, ...change };
      return trialWarnings({ ...rest, clients: quiet, warnings }, 0, undefined).map(({ code }) => code);
    };
    expect(codesAt({})).not.toContain('fleet-saturated');
    expect(codesAt({ loopBusyShare: 0.89 })).not.toContain('fleet-saturated');
    expect(codesAt({ loopBusyShare: 0.91 })).toContain('fleet-saturated');
    expect(codesAt({ cpuMs: 0.91 * rest.durationMs })).toContain('fleet-saturated');
  });

  it('says when its processes had to wait for the CPU', async () => {
    const [trial] = await bench.run('test', {
      groups: [{ transport: 'push', clients: 5 }],
      schedule: { kind: 'periodic', ratePerSecond: 50 },
      durationMs: 200,
      repeat: 1,
    });
    const { server, clients } = trial as Trial;
    if (existsSync('/proc/self/schedstat'))
      for (const { cpuWaitMs } of [server, clients]) expect(cpuWaitMs).toBeGreaterThanOrEqual(0);
    const wasDisturbedBy = (serverMs: number | null, clientsMs: number | null) => {
      const waited = {
        ...(trial as Trial),
        server: { ...server, cpuWaitMs: serverMs },
        clients: { ...clients, cpuWaitMs: clientsMs },
      };
      return wasDisturbed({ ...waited, warnings: trialWarnings(waited, 0, undefined) });
    };
    expect(wasDisturbedBy(0.9, 0.9)).toBe(false);
    expect(wasDisturbedBy(null, null)).toBe(false);
    expect(wasDisturbedBy(1.1, null)).toBe(true);
    expect(wasDisturbedBy(0, 1.1)).toBe(true);
  });

  it('measures raw poll capacity', async () => {
    const plan = { name: 'capacity', connections: 4, durationMs: 1000 } as const;
    const { capacities } = await bench.probe('test', plan);
    expect(capacities).toHaveLength(1);
    expect(capacities?.[0]?.errors).toBe(0);
    expect(capacities?.[0]?.requestsPerSecond).toBeGreaterThan(0);
  });
});

it('a trial whose processes are ended rejects and leaves nothing running', async () => {
  const bench = new Bench();
  const running = bench.run('test', {
    groups: [{ transport: 'push', clients: 1 }],
    schedule: { kind: 'periodic', ratePerSecond: 1 },
    durationMs: 60_000,
    repeat: 1,
  });
  bench.kill();
  await expect(running).rejects.toThrow(/was stopped/);
});
