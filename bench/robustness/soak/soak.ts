import { nowMs } from '../../../servers/meter/clock.ts';
import { Child } from '../../harness/child.ts';
import { until } from '../../harness/process-meter.ts';
import type { Books } from '../../result.ts';
import { Churn, type ChurnCounts } from './churn.ts';
import { type Holdings, holdings, notBack } from './holdings.ts';
import { grows, type Slope, slopeOf, slopeRule, warmUpShare } from './slope.ts';
import type { ServerSample, SoakServerHandlers } from './soak-server.ts';

export type SoakOptions = {
  durationMs: number;
  seed: number;
  /** Clients at a time in each group. */
  seatsPerGroup: number;
  sampleEveryMs: number;
  onSample?: (sample: Sampled, counts: ChurnCounts) => void;
};

/** One sample of the server, `atMs` after the start. */
export type Sampled = ServerSample & { atMs: number };

/** The results of a soak. */
export type Soaked = {
  durationMs: number;
  seed: number;
  clients: number;
  counts: ChurnCounts;
  messages: number;
  dropped: number;
  evicted: number;
  books: Books;
  bookProblems: string[];
  /** Each process before and after; `notBack` names its leaks. */
  server: { before: Holdings; after: Holdings; notBack: string[] };
  clientProcess: { before: Holdings; after: Holdings; notBack: string[] };
  /** In bytes; missing when the run was too short. Resident size is not judged: it hardly ever shrinks. */
  memory?: Slope;
  residentSize?: Slope;
  rule: string;
  memoryGrows: boolean;
  samples: Sampled[];
};

/** Pending timers, such as the one that disconnects a rejected client, end within this time. */
const settleMs = 15_000;

/**
 * Lets many clients come and go at servers in another process. Afterwards memory, handles and listeners must be as
 * before, and the delivery accounting must balance.
 */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { durationMs, seed, seatsPerGroup, sampleEveryMs, onSample } = options;
  const server = new Child<SoakServerHandlers>('../robustness/soak/soak-server.ts');
  try {
    const ports = await server.call('open', undefined);
    const churn = new Churn(ports);
    await churn.visit();
    const look = () => server.call('sample', undefined);
    const before = await settled(look, ({ connections }) => connections === 0);
    const ownBefore = holdings(0);

    await server.call('play', {
      kind: 'poisson',
      ratePerSecond: 50,
      payloadBytes: 8192,
      durationMs: durationMs + 60_000,
      seed,
    });
    churn.begin(seatsPerGroup, seed);
    const samples: Sampled[] = [];
    const startMs = nowMs();
    for (let atMs = sampleEveryMs; atMs <= durationMs; atMs += sampleEveryMs) {
      await until(startMs + atMs);
      const sample = { ...(await look()), atMs: nowMs() - startMs };
      samples.push(sample);
      onSample?.(sample, churn.counts);
    }
    await churn.end(() => server.call('stop', undefined));

    const after = await settled(look, (now) => now.connections === 0 && notBack(before, now).length === 0);
    const ownAfter = await settled(
      () => holdings(0),
      (now) => notBack(ownBefore, now).length === 0,
    );
    const memory = slopeOf(samples.map(({ atMs, memoryBytes }) => ({ atMs, value: memoryBytes })));
    return {
      durationMs,
      seed,
      clients: seatsPerGroup * ports.length,
      counts: churn.counts,
      messages: after.head,
      dropped: after.dropped,
      evicted: after.evicted,
      books: churn.books,
      bookProblems: churn.problems,
      server: { before, after, notBack: notBack(before, after) },
      clientProcess: { before: ownBefore, after: ownAfter, notBack: notBack(ownBefore, ownAfter) },
      memory,
      residentSize: slopeOf(samples.map(({ atMs, rssBytes }) => ({ atMs, value: rssBytes }))),
      rule: slopeRule,
      memoryGrows: memory !== undefined && grows(memory, ((1 - warmUpShare) * durationMs) / 60_000),
      samples,
    };
  } finally {
    server.kill();
  }
}

/** Every leak and accounting error of a soak, a text each. */
export function failuresOf({ server, clientProcess, bookProblems, memoryGrows }: Soaked): string[] {
  return [
    ...server.notBack.map((leak) => `server: ${leak}`),
    ...clientProcess.notBack.map((leak) => `clients: ${leak}`),
    ...bookProblems,
    ...(memoryGrows ? ['the memory of the server grows'] : []),
  ];
}

/** Reads resources until they are as expected, for `settleMs` at most. Returns the last reading. */
async function settled<Reading>(
  look: () => Reading | Promise<Reading>,
  isSettled: (now: Reading) => boolean,
): Promise<Reading> {
  const deadlineMs = nowMs() + settleMs;
  for (;;) {
    const now = await look();
    if (isSettled(now) || nowMs() > deadlineMs) return now;
    await until(nowMs() + 100);
  }
}
