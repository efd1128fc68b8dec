import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../servers/log/message.ts';
import { MessageLog } from '../servers/log/message-log.ts';
import { serversByName } from '../servers/serve.ts';
import { EmbeddedSource } from '../servers/source/embedded.ts';
import type { Client } from './client.ts';
import { clientsByName } from './clients.ts';
import { nodeOpeners } from './shared/openers-node.ts';
import { transportNames } from './transports.ts';

/** Every server with its client, over real sockets. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Some containers have no IPv6. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

async function serve(name: (typeof transportNames)[number], source: EmbeddedSource, port = 0, host?: string) {
  const endpoint = serversByName[name](source, { holdMs: 1000 });
  await endpoint.listen(port, host);
  cleanups.push(() => endpoint.close());
  return endpoint;
}

function connect(
  name: (typeof transportNames)[number],
  port: number,
  after?: string,
  host = '127.0.0.1',
): Client & { got: Message[] } {
  const { scheme, open } = clientsByName[name];
  const url = `${scheme}://${host}:${port}`;
  const client = open({ url, after, intervalMs: 20, random: () => 0.1 }, nodeOpeners);
  cleanups.push(() => client.stop());
  return Object.assign(client, { got: [] as Message[] });
}

const receive = (client: Client & { got: Message[] }) => client.start((message) => client.got.push(message));
const seqs = (client: { got: Message[] }) => client.got.map(({ seq }) => seq);

describe.each(transportNames)('%s', (name) => {
  it('delivers every message once, in order, from the subscription on', async () => {
    const source = new EmbeddedSource();
    const { port } = await serve(name, source);
    source.log.append('before anybody came', 0);
    const client = connect(name, port);
    await receive(client);
    for (let index = 0; index < 50; index += 1) source.log.append(`${index}`, 0);
    await vi.waitFor(() => expect(client.got).toHaveLength(50));
    source.log.append('é "quoted" \n\u2028 line', 0);
    await vi.waitFor(() => expect(client.got.at(-1)?.body).toBe('é "quoted" \n\u2028 line'));
    expect(seqs(client)).toEqual(Array.from({ length: 51 }, (_, index) => index + 2));
    expect(client.ledger).toMatchObject({ startSeq: 1, gaps: 0, duplicated: 0, reordered: 0 });
  });

  it.skipIf(!hasIpv6)('delivers at an IPv6 address', async () => {
    const source = new EmbeddedSource();
    const { port } = await serve(name, source, 0, '::1');
    const client = connect(name, port, undefined, '[::1]');
    await receive(client);
    source.log.append('by IPv6', 0);
    await vi.waitFor(() => expect(client.got.map(({ body }) => body)).toEqual(['by IPv6']));
  });

  it('replays what was missed to a client that comes with its cursor', async () => {
    const source = new EmbeddedSource();
    const { port } = await serve(name, source);
    for (let index = 0; index < 30; index += 1) source.log.append('x'.repeat(70_000), 0);
    const client = connect(name, port, `${source.log.id}:5`);
    await receive(client);
    await vi.waitFor(() => expect(client.got).toHaveLength(25));
    expect(seqs(client)[0]).toBe(6);
    expect(client.ledger).toMatchObject({ missed: 0, gaps: 0 });
  });

  it('says how many messages a client missed that came too late', async () => {
    const source = new EmbeddedSource(new MessageLog({ limitMessages: 3 }));
    const { port } = await serve(name, source);
    for (let index = 0; index < 10; index += 1) source.log.append('x', 0);
    const client = connect(name, port, `${source.log.id}:2`);
    await receive(client);
    await vi.waitFor(() => expect(seqs(client)).toEqual([8, 9, 10]));
    expect(client.ledger).toMatchObject({ missed: 5, gaps: 5 });
  });

  it('says how many messages will never come, because the source itself has lost them', async () => {
    const source = new EmbeddedSource();
    const { port } = await serve(name, source);
    const early = connect(name, port);
    const late = connect(name, port, `${source.log.id}:0`);
    await receive(early);
    source.log.append('one', 0);
    source.log.take({ seq: 5, dueMs: 0, body: 'five' });
    await receive(late);
    source.log.take({ seq: 6, dueMs: 0, body: 'six' });
    for (const client of [early, late]) {
      await vi.waitFor(() => expect(seqs(client)).toEqual([1, 5, 6]));
      expect(client.ledger).toMatchObject({ missed: 3, gaps: 3, duplicated: 0, reordered: 0 });
    }
  });

  it('loses nothing when its connections break', async () => {
    const source = new EmbeddedSource();
    const first = await serve(name, source);
    const { port } = first;
    const client = connect(name, port);
    await receive(client);
    source.log.append('one', 0);
    await vi.waitFor(() => expect(client.got).toHaveLength(1));
    await first.close();
    source.log.append('two', 0);
    await serve(name, source, port);
    source.log.append('three', 0);
    await vi.waitFor(() => expect(seqs(client)).toEqual([1, 2, 3]));
    // A short poll may not have asked in between; everybody else lost a connection.
    if (name !== 'short-poll') expect(client.counters.failures).toBeGreaterThan(0);
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0, resets: 0 });
  });

  it('notices a restarted server by its new log', async () => {
    const before = new EmbeddedSource();
    const first = await serve(name, before);
    const { port } = first;
    const client = connect(name, port);
    await receive(client);
    before.log.append('one', 0);
    await vi.waitFor(() => expect(client.got).toHaveLength(1));
    await first.close();
    const after = new EmbeddedSource();
    after.log.append('new one', 0);
    await serve(name, after, port);
    await vi.waitFor(() => expect(client.got.map(({ body }) => body)).toEqual(['one', 'new one']));
    expect(client.ledger).toMatchObject({ resets: 1, cursor: `${after.log.id}:1` });
  });

  it('publishes to everybody, under the instant that the client had planned', async () => {
    const source = new EmbeddedSource();
    const { port } = await serve(name, source);
    const client = connect(name, port);
    await receive(client);
    await client.publish('hello all', 12);
    await vi.waitFor(() => expect(client.got).toEqual([{ seq: 1, dueMs: 12, body: 'hello all' }]));
  });

  it('reads nothing while it is paused, and everything afterwards', async () => {
    const source = new EmbeddedSource();
    const endpoint = await serve(name, source);
    const client = connect(name, endpoint.port);
    await receive(client);
    client.pause();
    for (let index = 0; index < 20; index += 1) source.log.append(`${index}`, 0);
    const other = connect(name, endpoint.port);
    await receive(other);
    source.log.append('the last', 0);
    await vi.waitFor(() => expect(other.got).toHaveLength(1));
    client.resume();
    await vi.waitFor(() => expect(client.got).toHaveLength(21));
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0 });
  });

  it('counts the bytes that passed its sockets', async () => {
    const source = new EmbeddedSource();
    const endpoint = await serve(name, source);
    const client = connect(name, endpoint.port);
    await receive(client);
    const before = endpoint.bytes.toClients;
    source.log.append('x'.repeat(10_000), 0);
    await vi.waitFor(() => expect(client.got).toHaveLength(1));
    expect(endpoint.bytes.toClients - before).toBeGreaterThan(10_000);
    expect(endpoint.bytes.toClients - before).toBeLessThan(11_500);
    expect(endpoint.bytes.toServer).toBeGreaterThan(0);
  });
});

it('long poll lets go of its subscription when the client goes away', async () => {
  const source = new EmbeddedSource();
  const subscribed = vi.fn();
  const unsubscribed = vi.fn();
  const subscribe = source.log.subscribe.bind(source.log);
  source.log.subscribe = (listener) => {
    subscribed();
    const unsubscribe = subscribe(listener);
    return () => {
      unsubscribed();
      unsubscribe();
    };
  };
  const endpoint = await serve('long-poll', source);
  const client = connect('long-poll', endpoint.port);
  await receive(client);
  await vi.waitFor(() => expect(subscribed).toHaveBeenCalledOnce());
  expect(unsubscribed).not.toHaveBeenCalled();
  client.stop();
  await vi.waitFor(() => expect(unsubscribed).toHaveBeenCalledOnce());
  expect(endpoint.tally.requests).toBe(1);
});

it('push cuts off a reader that lets more wait than its limit, and it comes back with its cursor', async () => {
  const source = new EmbeddedSource();
  const endpoint = serversByName.push(source, { limitBytes: 1024 * 1024 });
  await endpoint.listen();
  cleanups.push(() => endpoint.close());
  const client = connect('push', endpoint.port);
  await receive(client);
  client.pause();
  // Each in a turn of its own, or all would travel in one frame.
  while (endpoint.tally.evicted === 0) {
    source.log.append('x'.repeat(1024 * 1024), 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.log.head).toBeLessThan(100);
  }
  client.resume();
  await vi.waitFor(() => expect(client.got).toHaveLength(source.log.head));
  expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0, missed: 0 });
});
