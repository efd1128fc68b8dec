import { max, median, min } from 'simple-statistics';
import { clientsByName } from '../../../clients/clients.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import { type TransportName, transportNames } from '../../../clients/transports.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import { Child } from '../../harness/child.ts';
import { until } from '../../harness/process-meter.ts';
import { Recorder } from '../../harness/recorder.ts';
import type { ServerHandlers } from '../../harness/server-process.ts';
import type { AttackerHandlers } from './attacker-process.ts';

/**
 * The latency of a healthy client, with and without attacks on its server.
 *
 *     calm  │attack│ calm  │attack│ calm  │attack     one run, one client, one connection
 *     ·····  ·····   ·····  ·····   ·····  ·····
 *
 * Phases alternate, so that other load on this machine falls on both kinds. Server, attacker and client have a process
 * each: otherwise the attacker's own CPU would count. Shorter phases gave a p99 of two messages, and a cold first
 * pair made one server look 2.4 times as slow.
 */
export type HealthyClient = {
  server: TransportName;
  framework: 'express' | 'http';
  strikes: number;
  /** Medians of the phases of each kind. */
  calm: Latency;
  attacked: Latency;
  /** p99 under attack divided by the p99 of the calm phase before it: median, smallest and largest of the pairs. */
  ratio: { median: number; low: number; high: number };
  /** Messages that never arrived, or arrived twice. Anything but 0 is a failure. */
  lost: number;
  twice: number;
  /** Why the client's connection failed, if it did. */
  failure?: string;
};

type Latency = { messages: number; p50Ms: number; p99Ms: number };

/** A server, and what parses its requests. */
export type Variant = Pick<HealthyClient, 'server' | 'framework'>;

/** Every server, on each framework that it can use. */
export const variants: readonly Variant[] = transportNames.flatMap((server): Variant[] =>
  server === 'push' || server === 'tcp-push'
    ? [{ server, framework: 'http' }]
    : [
        { server, framework: 'express' },
        { server, framework: 'http' },
      ],
);

const ratePerSecond = 200;
const strikesPerSecond = 40;
/** An odd number, so that the median is one of them. */
const pairs = 7;
const phaseMs = 2000;
/** Messages scheduled right after a change of phase count for neither. */
const settleMs = 200;
const drainMs = 10_000;

/** Measures one server. */
export async function measureHealthyClient(
  { server, framework }: Variant,
  seed: number,
): Promise<HealthyClient> {
  const attacked = new Child<ServerHandlers>('./server-process.ts');
  const attacker = new Child<AttackerHandlers>('../robustness/attacks/attacker-process.ts');
  const { scheme, open } = clientsByName[server];
  try {
    const options = { framework, holdMs: 2000, limits: { connections: 300 } };
    const { ports } = await attacked.call('open', { groups: [{ transport: server, options }], logId: 'a1' });
    const [port] = ports as [number];
    // The first pair doesn't count: code that runs for the first time is slow.
    const phases = Array.from({ length: 2 * (pairs + 1) }, (_, index) => ({
      fromMs: index * (settleMs + phaseMs) + settleMs,
      recorder: new Recorder(),
    }));
    const durationMs = phases.length * (settleMs + phaseMs);
    const client = open({ url: `${scheme}://127.0.0.1:${port}`, intervalMs: 50 }, nodeOpeners);
    let startMs = Number.POSITIVE_INFINITY;
    await client.start(({ dueMs }) => {
      const atMs = dueMs - startMs;
      const phase = phases.find(({ fromMs }) => atMs >= fromMs && atMs < fromMs + phaseMs);
      phase?.recorder.record(nowMs() - dueMs);
    });
    startMs = nowMs();
    const schedule = { kind: 'poisson', ratePerSecond, durationMs, seed } as const;
    const attackInTurns = async () => {
      let strikes = 0;
      for (const [index, { fromMs }] of phases.entries()) {
        const isAttack = index % 2 === 1;
        if (isAttack) await attacker.call('start', { server, port, perSecond: strikesPerSecond });
        await until(startMs + fromMs + phaseMs);
        if (isAttack) strikes += await attacker.call('stop', undefined);
      }
      return strikes;
    };
    const [{ head }, strikes] = await Promise.all([
      attacked.call('play', { schedule, startMs, sampleEveryMs: 0 }, durationMs + drainMs),
      attackInTurns(),
    ]);
    for (const untilMs = nowMs() + drainMs; client.ledger.seq < head && nowMs() < untilMs; )
      await until(nowMs() + 5);
    const { ledger, counters } = client;
    client.stop();
    const latencies = phases.slice(2).map(({ recorder: { delay } }): Latency => {
      return { messages: delay.count, p50Ms: delay.p50 ?? 0, p99Ms: delay.p99 ?? 0 };
    });
    const calm = latencies.filter((_, index) => index % 2 === 0);
    const underAttack = latencies.filter((_, index) => index % 2 === 1);
    const ratios = underAttack.map(({ p99Ms }, pair) => p99Ms / (calm[pair] as Latency).p99Ms);
    return {
      server,
      framework,
      strikes,
      calm: middle(calm),
      attacked: middle(underAttack),
      ratio: { median: median(ratios), low: min(ratios), high: max(ratios) },
      lost: ledger.gaps + (head - ledger.seq),
      twice: ledger.duplicated,
      ...(counters.failures > 0 && { failure: counters.lastFailure }),
    };
  } finally {
    attacked.kill();
    attacker.kill();
  }
}

function middle(phases: readonly Latency[]): Latency {
  return {
    messages: phases.reduce((sum, { messages }) => sum + messages, 0),
    p50Ms: median(phases.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(phases.map(({ p99Ms }) => p99Ms)),
  };
}
