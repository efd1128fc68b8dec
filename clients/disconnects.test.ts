import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { randomLcg } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { MessageLog } from '../servers/log/message-log.ts';
import { serversByName } from '../servers/serve.ts';
import { EmbeddedSource } from '../servers/source/embedded.ts';
import { clientsByName } from './clients.ts';
import { nodeOpeners } from './shared/openers-node.ts';
import { type TransportName, transportNames } from './transports.ts';

/**
 * Real servers and clients whose connections break at random, in the middle of whatever is on its way:
 *
 *     client  ────────►  relay  ────────►  server
 *             ◄──[7]─[8      ╳   9]──[10]──
 *
 * A client that comes back with its cursor loses nothing, as long as the log still has it; and when the
 * log has not, it says exactly how much that was. It makes no difference who asks whom.
 */
const atOnce = 20;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Passes bytes on in both directions until it is cut; then it takes new connections. */
async function openRelay(port: number) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = () => {
    cut();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, cut, close };
}

/** How much the server's log keeps, and how much the client grants, if that is how it is done. */
type Told = { limitMessages?: number; credit?: number };

/** Plays one schedule of messages, breaks and pauses, until the client has the last message. */
async function play(name: TransportName, seed: number, { limitMessages, credit }: Told) {
  const random = randomLcg(seed / 1000);
  const source = new EmbeddedSource(new MessageLog({ limitMessages }));
  const endpoint = serversByName[name](source, {
    framework: 'http',
    policy: credit === undefined ? 'disconnect' : 'credit',
  });
  await endpoint.listen();
  const relay = await openRelay(endpoint.port);
  const { scheme, open } = clientsByName[name];
  const url = `${scheme}://127.0.0.1:${relay.port}`;
  const client = open({ url, intervalMs: 2, credit, random: () => random() / 100 }, nodeOpeners);

  const got: number[] = [];
  let arrived = () => {};
  const caughtUp = () =>
    new Promise<void>((resolve) => {
      arrived = () => {
        if ((got.at(-1) ?? 0) === source.log.head) resolve();
      };
      arrived();
    });
  await client.start(({ seq }) => {
    got.push(seq);
    client.handled?.(1);
    arrived();
  });

  let cuts = 0;
  for (let step = 0; step < 25; step += 1) {
    const dice = random();
    if (dice < 0.5)
      for (let count = Math.floor(random() * 5); count > 0; count -= 1)
        source.log.append('x'.repeat(random() * 3000), 0);
    else if (dice < 0.65) {
      cuts += 1;
      relay.cut();
    } else if (dice < 0.9) await turn();
    else await caughtUp();
  }
  source.log.append('the last', 0);
  await caughtUp();

  client.stop();
  relay.close();
  await endpoint.close();
  return { got, head: source.log.head, cuts, ledger: client.ledger, failures: client.counters.failures };
}

/** Plays so many schedules, some at a time, and hands each outcome to `judge`. */
async function playAll(
  name: TransportName,
  schedules: number,
  told: Told,
  judge: (played: Awaited<ReturnType<typeof play>>) => void,
) {
  const sum = { cuts: 0, failures: 0, missed: 0 };
  for (let first = 1; first <= schedules; first += atOnce) {
    const seeds = Array.from({ length: atOnce }, (_, index) => first + index);
    for (const played of await Promise.all(seeds.map((seed) => play(name, seed, told)))) {
      judge(played);
      sum.cuts += played.cuts;
      sum.failures += played.failures;
      sum.missed += played.ledger.missed;
    }
  }
  return sum;
}

const upTo = (head: number) => Array.from({ length: head }, (_, index) => index + 1);

describe.each(transportNames)('%s', (name) => {
  it('loses nothing on 200 random schedules of disconnects', async () => {
    const sum = await playAll(name, 200, {}, ({ got, head, ledger }) => {
      expect(got).toEqual(upTo(head));
      expect(ledger).toMatchObject({ missed: 0, gaps: 0, duplicated: 0, reordered: 0, resets: 0 });
    });
    expect(sum.cuts).toBeGreaterThan(200);
    // A cut between two polls breaks nothing that was under way, so a short poll notices fewer of them.
    expect(sum.failures).toBeGreaterThan(50);
  });

  it('says exactly what it missed on 60 of them, when the log is short', async () => {
    const limitMessages = 5;
    const sum = await playAll(name, 60, { limitMessages }, ({ got, head, ledger }) => {
      const lost = upTo(head).filter((seq) => !got.includes(seq));
      expect(ledger).toMatchObject({ missed: lost.length, gaps: lost.length, duplicated: 0, reordered: 0 });
      expect(got).toEqual(got.toSorted((one, other) => one - other));
      // What was lost had indeed fallen off.
      expect(lost.at(-1) ?? 0).toBeLessThanOrEqual(head - limitMessages);
    });
    expect(sum.missed).toBeGreaterThan(60);
  });
});

it.each(['push', 'tcp-push'] as const)(
  '%s loses nothing either when the client grants credit',
  async (name) => {
    await playAll(name, 60, { credit: 3 }, ({ got, head, ledger }) => {
      expect(got).toEqual(upTo(head));
      expect(ledger).toMatchObject({ missed: 0, gaps: 0, duplicated: 0, reordered: 0 });
    });
  },
);
