import { nowMs } from '../../../servers/meter/clock.ts';
import { Child } from '../../harness/child.ts';
import { until } from '../../harness/process-meter.ts';
import type { Books } from '../../result.ts';
import { Churn, type ChurnCounts } from './churn.ts';
import { type Holdings, holdings, notBack } from './holdings.ts';
import { grows, type Slope, slopeOf, slopeRule, warmUpShare } from './slope.ts';
import type { ServerSample, SoakServerHandlers } from './soak-server.ts';

/** What is asked of a soak. */
export type SoakOptions = {
  durationMs: number;
  seed: number;
  /** Clients at a time in each group. */
  seatsPerGroup: number;
  sampleEveryMs: number;
  onSample?: (sample: Sampled, counts: ChurnCounts) => void;
};

/** One look at the server, so long after the start. */
export type Sampled = ServerSample & { atMs: number };

/** All that came of a soak. */
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
  /** What did not come back to where it was, in each process; empty when all did. */
  server: { before: Holdings; after: Holdings; notBack: string[] };
  clientProcess: { before: Holdings; after: Holdings; notBack: string[] };
  /** In bytes; without it the run was too short to tell. The resident size is told, and not judged: it hardly ever shrinks. */
  memory?: Slope;
  residentSize?: Slope;
  rule: string;
  memoryGrows: boolean;
  samples: Sampled[];
};

/** Time for timers that are under way, such as the one that cuts off whoever was evicted. */
const settleMs = 15_000;

/**
 * Many clients come and go for a long time at servers in a process of their own; then everything is to be
 * as it was: memory, handles, listeners and books.
 */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { durationMs, seed, seatsPerGroup, sampleEveryMs, onSample } = options;
  const server = new Child<SoakServerHandlers>('../robustness/soak/soak-server.ts');
  try {
    const ports = await server.call('open', undefined);
    const churn = new Churn(ports);
    await churn.visit();
    const before = await settled(server, () => false);
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
      const sample = { ...(await server.call('sample', undefined)), atMs: nowMs() - startMs };
      samples.push(sample);
      onSample?.(sample, churn.counts);
    }
    await churn.end(() => server.call('stop', undefined));

    const after = await settled(server, (now) => notBack(before, now).length > 0);
    const ownAfter = await settledHere(ownBefore);
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

/** Looks at the server until nobody is connected and it is as it should be, or for as long as that may take. */
async function settled(
  server: Child<SoakServerHandlers>,
  isOff: (now: ServerSample) => boolean,
): Promise<ServerSample> {
  const deadlineMs = nowMs() + settleMs;
  for (;;) {
    const now = await server.call('sample', undefined);
    if ((now.connections === 0 && !isOff(now)) || nowMs() > deadlineMs) return now;
    await until(nowMs() + 100);
  }
}

/** The same for this process. */
async function settledHere(before: Holdings): Promise<Holdings> {
  const deadlineMs = nowMs() + settleMs;
  for (;;) {
    const now = holdings(0);
    if (notBack(before, now).length === 0 || nowMs() > deadlineMs) return now;
    await until(nowMs() + 100);
  }
}
