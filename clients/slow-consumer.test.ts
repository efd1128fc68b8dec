import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../servers/log/message.ts';
import { MessageLog } from '../servers/log/message-log.ts';
import type { Endpoint } from '../servers/meter/endpoint.ts';
import { type ServerOptions, serversByName } from '../servers/serve.ts';
import { EmbeddedSource } from '../servers/source/embedded.ts';
import type { Client, ClientOptions } from './client.ts';
import { clientsByName } from './clients.ts';
import { nodeOpeners } from './shared/openers-node.ts';

/**
 * A client that stops reading, and its neighbour, over real sockets and under every policy.
 * Bodies are large, because the kernel takes some megabytes before the server notices anything.
 */
const transports = ['push', 'sse', 'tcp-push'] as const;
type Pushed = (typeof transports)[number];

const body = 'x'.repeat(64 * 1024);
const limitBytes = 512 * 1024;
/** What a socket may hold besides the send queue: up to Node's mark, and the write that passed it. */
const socketBytes = 256 * 1024;

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(name: Pushed, options: ServerOptions, log = new MessageLog()) {
  const source = new EmbeddedSource(log);
  const endpoint = serversByName[name](source, options);
  await endpoint.listen();
  cleanups.push(() => endpoint.close());
  return { source, endpoint };
}

type Reading = Client & { got: Message[]; has(seq: number): Promise<void> };

/** A client that has subscribed, and remembers what it got. `has` resolves when it has got that far. */
async function read(
  name: Pushed,
  endpoint: Endpoint,
  options: Partial<ClientOptions> = {},
): Promise<Reading> {
  const { scheme, open } = clientsByName[name];
  const url = `${scheme}://127.0.0.1:${endpoint.port}`;
  const client = open({ url, intervalMs: 0, random: () => 0.01, ...options }, nodeOpeners);
  cleanups.push(() => client.stop());
  const got: Message[] = [];
  let arrived = () => {};
  const has = (seq: number) =>
    new Promise<void>((resolve) => {
      arrived = () => {
        if ((got.at(-1)?.seq ?? 0) >= seq) resolve();
      };
      arrived();
    });
  await client.start((message) => {
    got.push(message);
    arrived();
  });
  return Object.assign(client, { got, has });
}

/** Appends messages one by one, each when the neighbour has the one before, until `enough`. */
async function flood(source: EmbeddedSource, neighbour: Reading, enough: () => boolean, key?: () => string) {
  for (let count = 0; !enough(); count += 1) {
    expect(count).toBeLessThan(1000);
    source.log.append(body, 0, key?.());
    await neighbour.has(source.log.head);
  }
}

const seqs = ({ got }: Reading) => got.map(({ seq }) => seq);
const upTo = (head: number, from = 1) => Array.from({ length: head - from + 1 }, (_, index) => from + index);

describe.each(transports)('%s', (name) => {
  it.each(['drop-newest', 'drop-oldest', 'conflate'] as const)(
    '%s bounds what waits, and the reader finds as many gaps as the server dropped',
    async (policy) => {
      const { source, endpoint } = await serve(name, { policy, limitBytes });
      const slow = await read(name, endpoint);
      const neighbour = await read(name, endpoint);
      slow.pause();
      await flood(source, neighbour, () => {
        expect(endpoint.longestBacklogBytes).toBeLessThan(limitBytes + socketBytes);
        return endpoint.tally.dropped >= 30;
      });
      expect(endpoint.readers.map(({ dropped }) => dropped)).toEqual([endpoint.tally.dropped, 0]);
      const { head } = source.log;
      slow.resume();
      await vi.waitFor(() => expect(slow.ledger.seq).toBe(head));
      expect(slow.got.length + endpoint.tally.dropped).toBe(head);
      expect(slow.ledger).toMatchObject({
        gaps: endpoint.tally.dropped,
        dropped: endpoint.tally.dropped,
        missed: 0,
        duplicated: 0,
        reordered: 0,
      });
      // The oldest news or the newest: that is the choice.
      expect(seqs(slow).includes(head)).toBe(policy !== 'drop-newest');
      expect(seqs(neighbour)).toEqual(upTo(head));
      source.log.append('goes on', 0);
      await slow.has(head + 1);
      expect(slow.ledger.gaps).toBe(endpoint.tally.dropped);
    },
  );

  it('conflate keeps the latest of every key', async () => {
    const { source, endpoint } = await serve(name, { policy: 'conflate' });
    const slow = await read(name, endpoint);
    const neighbour = await read(name, endpoint);
    const keys = ['a', 'b', 'c'];
    const key = () => keys[source.log.head % 3] as string;
    slow.pause();
    await flood(source, neighbour, () => endpoint.tally.dropped >= 30, key);
    slow.resume();
    await slow.has(source.log.head);
    expect(slow.got.slice(-3).map(({ seq }) => seq)).toEqual(upTo(source.log.head, source.log.head - 2));
    expect(
      slow.got
        .slice(-3)
        .map((message) => message.key)
        .sort(),
    ).toEqual(keys);
    expect(slow.ledger.gaps).toBe(endpoint.tally.dropped);
  });

  it('disconnect cuts a slow reader off, remembers why, and the log makes it whole', async () => {
    const { source, endpoint } = await serve(name, { policy: 'disconnect', limitBytes });
    const slow = await read(name, endpoint);
    const neighbour = await read(name, endpoint);
    slow.pause();
    await flood(source, neighbour, () => {
      expect(endpoint.longestBacklogBytes).toBeLessThan(limitBytes + socketBytes);
      return endpoint.tally.evicted > 0;
    });
    expect(endpoint.evictions).toEqual([
      {
        who: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        atMs: expect.any(Number),
        reason: expect.stringMatching(
          /^slow consumer: \d+ bytes \(messages: 7\) in the send queue, expected at most 524288 bytes$/,
        ),
      },
    ]);
    // Nothing waits for it any more, nor when a few more come.
    for (let count = 0; count < 3; count += 1) source.log.append(body, 0);
    slow.resume();
    await slow.has(source.log.head);
    expect(slow.counters.lastFailure).toMatch(/4008|1006|slow consumer|ended|aborted|ECONNRESET/);
    expect(seqs(slow)).toEqual(upTo(source.log.head));
    await neighbour.has(source.log.head);
    expect(seqs(neighbour)).toEqual(upTo(source.log.head));
    expect(endpoint.tally).toMatchObject({ dropped: 0, evicted: 1 });
    expect(neighbour.counters.failures).toBe(0);
  });

  it('a newcomer that is owed more than the limit gets it at its own pace, then what is new', async () => {
    const { source, endpoint } = await serve(name, { policy: 'disconnect', limitBytes });
    for (let count = 0; count < 150; count += 1) source.log.append(body, 0);
    const neighbour = await read(name, endpoint);
    const newcomer = await read(name, endpoint, { after: `${source.log.id}:0` });
    newcomer.pause();
    const until = source.log.head + 20;
    await flood(source, neighbour, () => {
      expect(endpoint.longestBacklogBytes).toBeLessThan(socketBytes);
      return source.log.head === until;
    });
    expect(endpoint.readers.some(({ waitingMessages }) => waitingMessages > 20)).toBe(true);
    newcomer.resume();
    await newcomer.has(source.log.head);
    source.log.append('the last', 0);
    await newcomer.has(source.log.head);
    expect(seqs(newcomer)).toEqual(upTo(source.log.head));
    expect(newcomer.ledger).toMatchObject({ gaps: 0, duplicated: 0, reordered: 0 });
    expect(endpoint.tally.evicted).toBe(0);
  });
});

describe.each(['push', 'tcp-push'] as const)('credit over %s', (name) => {
  it('sends what was granted and not one more; the rest waits in the log', async () => {
    const { source, endpoint } = await serve(name, { policy: 'credit' });
    const slow = await read(name, endpoint, { credit: 10 });
    const neighbour = await read(name, endpoint, { credit: 10 });
    for (let count = 0; count < 100; count += 1) {
      source.log.append(body, 0);
      await neighbour.has(source.log.head);
      neighbour.handled?.(1);
      expect(endpoint.longestBacklogBytes).toBeLessThan(socketBytes);
    }
    await slow.has(10);
    expect(endpoint.tally.deliveries).toBe(110);
    expect(endpoint.readers[0]).toMatchObject({ waitingMessages: 90, waitingBytes: 0, dropped: 0 });

    slow.handled?.(4);
    slow.handled?.(1);
    await slow.has(15);
    expect(endpoint.tally.deliveries).toBe(115);
    while (slow.got.length < 100) {
      slow.handled?.(5);
      await slow.has(slow.got.length + 5);
    }
    expect(seqs(slow)).toEqual(upTo(100));
    expect(slow.ledger).toMatchObject({ gaps: 0, duplicated: 0, missed: 0 });
  });

  it('says how much fell off the log while nothing was granted', async () => {
    const log = new MessageLog({ limitMessages: 10 });
    const { endpoint } = await serve(name, { policy: 'credit' }, log);
    const client = await read(name, endpoint, { credit: 2 });
    for (let count = 0; count < 2; count += 1) log.append('x', 0);
    await client.has(2);
    for (let count = 0; count < 58; count += 1) log.append('x', 0);
    client.handled?.(2);
    await client.has(52);
    expect(seqs(client)).toEqual([1, 2, 51, 52]);
    expect(client.ledger).toMatchObject({ missed: 48, gaps: 48 });
  });
});

it.each(transports)('%s is rid of a reader that was cut off and never reads the reason', async (name) => {
  const { source, endpoint } = await serve(name, { policy: 'disconnect', limitBytes });
  const slow = await read(name, endpoint);
  const neighbour = await read(name, endpoint);
  slow.pause();
  await flood(source, neighbour, () => endpoint.tally.evicted > 0);
  expect(endpoint.readers).toHaveLength(1);
  await vi.waitFor(() => expect(endpoint.connections).toBe(1));
  expect(endpoint.longestBacklogBytes).toBe(0);
});

it('refuses credit where there is no way back', () => {
  expect(() => clientsByName.sse.open({ url: 'http://x', intervalMs: 0, credit: 5 }, nodeOpeners)).toThrow(
    'Invalid credit 5: SSE has no way to grant it. Use push or tcp-push.',
  );
});

it('tells a client that grants credit which nobody waits for, and goes on with the others', async () => {
  const { source, endpoint } = await serve('push', {});
  const neighbour = await read('push', endpoint);
  const mistaken = await read('push', endpoint, { credit: 5 });
  await vi.waitFor(() =>
    expect(mistaken.counters.lastFailure).toMatch(/1008 invalid credit 5: expected none/),
  );
  source.log.append('hi', 0);
  await neighbour.has(1);
});
