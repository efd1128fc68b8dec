import { setTimeout as wait } from 'node:timers/promises';
import { max, median, min } from 'simple-statistics';
import { clientsByName } from '../../clients/clients.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import { type TransportName, transportNames } from '../../clients/transports.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { Child } from '../harness/child.ts';
import type { AttackedHandlers } from './attacked-process.ts';
import type { AttackerHandlers } from './attacker-process.ts';

/**
 * What a healthy client notices of an attack: how old its messages are, with and without one beside it.
 *
 *     calm  │attack│ calm  │attack│ calm  │attack     one run, one client, one connection
 *     ·····  ·····   ·····  ·····   ·····  ·····
 *
 * The stretches take turns, so that what else this machine does falls on both. Server, attacker and client
 * are a process each; an attack that kept a processor busy by itself would measure the processors. Stretches were
 * a second long at first, and the cold first pair counted: a p99 was the second worst of 200 messages then, and
 * one server came out at 2.4 times its calm one.
 */
export type Beside = {
  server: TransportName;
  framework: 'express' | 'http';
  strikes: number;
  /** Ages of its messages, the median of the stretches of each kind. */
  calm: Ages;
  attacked: Ages;
  /** The 99th percentile under attack over the calm one before it: the median of the pairs, the smallest and the largest. */
  ratio: { median: number; low: number; high: number };
  /** Messages that never came, or came twice. Anything but 0 is a failure. */
  lost: number;
  twice: number;
  /** Why the client's connection failed, if it did. */
  failure?: string;
};

type Ages = { messages: number; p50Ms: number; p99Ms: number };

/** A server, with what reads its requests. */
export type Variant = Pick<Beside, 'server' | 'framework'>;

/** Every server, in each way that it can read requests. */
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
/** Of an even number the median would be none of them. */
const pairs = 7;
const stretchMs = 2000;
/** After a change of stretch, messages that are due count for neither. */
const settleMs = 200;
const drainMs = 10_000;

/** Measures one server. */
export async function measureBeside({ server, framework }: Variant, seed: number): Promise<Beside> {
  const attacked = new Child<AttackedHandlers>('../abuse/attacked-process.ts');
  const attacker = new Child<AttackerHandlers>('../abuse/attacker-process.ts');
  const { scheme, open } = clientsByName[server];
  try {
    const options = { framework, holdMs: 2000, limits: { connections: 300 } };
    const port = await attacked.call('open', { server, options, ratePerSecond, seed });
    const stretches: Stretch[] = [];
    const client = open({ url: `${scheme}://127.0.0.1:${port}`, intervalMs: 50 }, nodeOpeners);
    const seen: { dueMs: number; ageMs: number }[] = [];
    await client.start(({ dueMs }) => seen.push({ dueMs, ageMs: nowMs() - dueMs }));
    let strikes = 0;
    // One pair more, which doesn't count: what runs for the first time is slow by itself.
    for (let pair = 0; pair <= pairs; pair += 1)
      for (const kind of ['calm', 'attacked'] as const) {
        if (kind === 'attacked') await attacker.call('start', { server, port, perSecond: strikesPerSecond });
        await wait(settleMs);
        const fromMs = nowMs();
        await wait(stretchMs);
        stretches.push({ kind, fromMs, toMs: nowMs() });
        if (kind === 'attacked') strikes += await attacker.call('stop', undefined);
      }
    const head = await attacked.call('pause', undefined);
    for (const untilMs = nowMs() + drainMs; client.ledger.seq < head && nowMs() < untilMs; ) await wait(5);
    const { ledger, counters } = client;
    client.stop();
    return {
      server,
      framework,
      strikes,
      ...comparisonOf(stretches.slice(2), seen),
      lost: ledger.gaps + (head - ledger.seq),
      twice: ledger.duplicated,
      ...(counters.failures > 0 && { failure: counters.lastFailure }),
    };
  } finally {
    attacked.kill();
    attacker.kill();
  }
}

type Stretch = { kind: 'calm' | 'attacked'; fromMs: number; toMs: number };

/** Stretches of the two kinds by turns, each with the messages that were due in it. */
function comparisonOf(stretches: readonly Stretch[], seen: readonly { dueMs: number; ageMs: number }[]) {
  const agesOfKind = (wanted: Stretch['kind']) =>
    stretches
      .filter(({ kind }) => kind === wanted)
      .map(({ fromMs, toMs }) => agesOf(seen.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)));
  const [calm, attacked] = [agesOfKind('calm'), agesOfKind('attacked')];
  const ratios = attacked.map(({ p99Ms }, pair) => p99Ms / (calm[pair] as Ages).p99Ms);
  return {
    calm: middle(calm),
    attacked: middle(attacked),
    ratio: { median: median(ratios), low: min(ratios), high: max(ratios) },
  };
}

function agesOf(seen: readonly { ageMs: number }[]): Ages {
  const sorted = seen.map(({ ageMs }) => ageMs).toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { messages: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function middle(ages: readonly Ages[]): Ages {
  return {
    messages: ages.reduce((sum, { messages }) => sum + messages, 0),
    p50Ms: median(ages.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(ages.map(({ p99Ms }) => p99Ms)),
  };
}
