import { randomLcg } from 'd3-random';
import { describe, expect, it, vi } from 'vitest';
import { MessageLog } from '../servers/log/message-log.ts';
import { type ServerOptions, serversByName } from '../servers/serve.ts';
import { EmbeddedSource } from '../servers/source/embedded.ts';
import { clientsByName } from './clients.ts';
import { nodeOpeners } from './shared/openers-node.ts';
import { type TransportName, transportNames } from './transports.ts';

/**
 * Real servers and clients under random schedules: messages of any size, holes in the source, pauses, cuts in the
 * middle of whatever is being sent, slow consumers under every overflow policy, and logs that are too short.
 *
 *     delivered + dropped + missed = expected, and nothing doubled
 */
const atOnce = 5;
const limitBytes = 256 * 1024;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Plays one schedule, until the client knows of the last message. */
async function play(name: TransportName, seed: number) {
  const random = randomLcg(seed / 1000);
  const pick = <Choice>(choices: readonly Choice[]) =>
    choices[Math.floor(random() * choices.length)] as Choice;
  const pushes = ['push', 'sse', 'tcp-push'].includes(name);
  const policies = ['disconnect', 'drop-newest', 'drop-oldest', 'conflate', 'unbounded'] as const;
  const canGrant = name === 'push' || name === 'tcp-push';
  const policy = random() < 0.5 ? 'disconnect' : pick(canGrant ? [...policies, 'credit' as const] : policies);
  const isShort = random() < 0.3;
  const log = new MessageLog({ limitMessages: isShort ? 5 : undefined });
  const source = new EmbeddedSource(log);
  const options: ServerOptions = {
    policy,
    limitBytes,
    heartbeatMs: 20,
    framework: pick(['express', 'http']),
  };
  const endpoint = serversByName[name](source, options);
  await endpoint.listen();
  const { scheme, open } = clientsByName[name];
  const client = open(
    {
      url: `${scheme}://127.0.0.1:${endpoint.port}`,
      intervalMs: 2,
      random: () => random() / 100,
      ...(policy === 'credit' && { credit: 1 + Math.floor(random() * 5) }),
    },
    nodeOpeners,
  );
  const got: number[] = [];
  await client.start(({ seq }) => {
    got.push(seq);
    client.handled?.(1);
  });
  const caughtUp = () => vi.waitFor(() => expect(client.ledger.seq).toBe(log.head), { interval: 1 });

  let cuts = 0;
  let holes = 0;
  for (let step = 0; step < 25; step += 1) {
    const dice = random();
    if (dice < 0.15) client.pause();
    else if (dice < 0.25) client.resume();
    else if (dice < 0.35) {
      cuts += 1;
      await endpoint.cut();
    } else if (dice < 0.45) {
      const skipped = 1 + Math.floor(random() * 3);
      holes += skipped;
      log.take({ seq: log.head + skipped + 1, dueMs: 0, body: 'after a hole' });
    } else if (dice < 0.5) {
      client.resume();
      await caughtUp();
    } else if (dice < 0.65 && pushes) {
      // More than the kernel takes for a client that does not read.
      client.pause();
      const { evicted, dropped } = endpoint.tally;
      for (let count = 0; count < 12; count += 1) {
        log.append('x'.repeat(2 ** 20), 0, 'a');
        await turn();
        if (endpoint.tally.evicted > evicted || endpoint.tally.dropped > dropped) break;
      }
    } else
      for (let count = Math.floor(random() * 6); count > 0; count -= 1) {
        const isHuge = pushes && random() < 0.3;
        log.append('x'.repeat(random() * (isHuge ? 2_500_000 : 3000)), 0, pick([undefined, 'a', 'b']));
        if (random() < 0.5) await turn();
      }
  }
  client.resume();
  log.append('the last', 0);
  await caughtUp();
  client.stop();
  await endpoint.close();
  return {
    policy,
    isShort,
    got,
    head: log.head,
    cuts,
    holes,
    ledger: client.ledger,
    evicted: endpoint.tally.evicted,
  };
}

const played = { schedules: 0, cuts: 0, holes: 0, evicted: 0, dropped: 0, missed: 0 };

describe.each(transportNames)('%s', (name) => {
  it('accounts for every message on 84 random schedules', async () => {
    for (let first = 1; first <= 84; first += atOnce) {
      const seeds = Array.from({ length: Math.min(atOnce, 85 - first) }, (_, index) => first + index);
      for (const { policy, isShort, got, head, cuts, holes, ledger, evicted } of await Promise.all(
        seeds.map((seed) => play(name, seed)),
      )) {
        const { startSeq, missed, dropped, gaps } = ledger;
        expect({ startSeq, seq: ledger.seq }).toEqual({ startSeq: 0, seq: head });
        expect(got.length + missed + dropped).toBe(head);
        expect(gaps).toBe(missed + dropped);
        expect(got).toEqual([...new Set(got)].toSorted((one, other) => one - other));
        expect(ledger).toMatchObject({ duplicated: 0, reordered: 0, resets: 0 });
        if (!isShort && dropped === 0) expect(missed).toBe(holes);
        if (!['drop-newest', 'drop-oldest', 'conflate'].includes(policy)) expect(dropped).toBe(0);
        played.schedules += 1;
        played.cuts += cuts;
        played.holes += holes;
        played.evicted += evicted;
        played.dropped += dropped;
        played.missed += missed;
      }
    }
  });
});

it('has seen enough of everything', () => {
  expect(played.schedules).toBeGreaterThanOrEqual(500);
  expect(played.evicted).toBeGreaterThanOrEqual(100);
  for (const count of Object.values(played)) expect(count).toBeGreaterThan(20);
});
