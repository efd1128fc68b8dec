import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Limits } from '../guards/limits.ts';
import type { Message } from '../log/message.ts';
import { MessageLog } from '../log/message-log.ts';
import type { Endpoint } from '../meter/endpoint.ts';
import { type ServerName, type ServerOptions, serversByName } from '../serve.ts';
import { EmbeddedSource } from '../source/embedded.ts';

/** Subscribers of every pushing transport on real connections. */
let source: EmbeddedSource;
const opened: (() => unknown)[] = [];

beforeEach(() => {
  source = new EmbeddedSource(new MessageLog({}, 'shared'));
});

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(name: ServerName, options: ServerOptions = {}): Promise<Endpoint> {
  const endpoint = serversByName[name](source, options);
  await endpoint.listen();
  opened.push(() => endpoint.close());
  return endpoint;
}

async function open({ port }: Endpoint, first: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  opened.push(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(first);
  return socket;
}

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${headers}\r\n`;
const upgrade =
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** The first bytes of a client, with a cursor or without. */
const hellos: Record<'push' | 'sse' | 'tcp-push', (cursor?: string) => string> = {
  push: (cursor) => get(`/messages${cursor ? `?after=${cursor}` : ''}`, upgrade),
  sse: (cursor) => get('/messages', cursor ? `last-event-id: ${cursor}\r\n` : ''),
  'tcp-push': (cursor = '') => `{"after":"${cursor}"}\n`,
};

const pushing = Object.keys(hellos) as (keyof typeof hellos)[];

describe.each(pushing)('a client of %s that reads nothing', (name) => {
  async function congested(limits: Partial<Limits>, options: ServerOptions = {}) {
    const endpoint = await serve(name, { ...options, limits });
    const socket = await open(endpoint, hellos[name]());
    await once(socket, 'data');
    socket.pause();
    while (endpoint.longestBacklogBytes === 0) {
      await source.publish({ body: 'x'.repeat(500_000) });
      await new Promise(setImmediate);
    }
    return { endpoint, socket };
  }

  it('and ends its side of the connection, is removed and cut', async () => {
    const { endpoint, socket } = await congested({ goodbyeMs: 50 });
    socket.end();
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
    expect(endpoint.readers).toHaveLength(0);
  });

  it('and not the reason of its eviction either, is cut', async () => {
    const { endpoint } = await congested({ goodbyeMs: 50 }, { policy: 'disconnect', limitBytes: 1000 });
    for (const body of ['fits', 'x'.repeat(2000)]) await source.publish({ body });
    await vi.waitFor(() => expect(endpoint.tally.evicted).toBe(1));
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
  });

  it('gets the reason of its eviction, whatever it sends after that', async () => {
    const { endpoint, socket } = await congested(
      { goodbyeMs: 600_000 },
      { policy: 'disconnect', limitBytes: 1000 },
    );
    for (const body of ['fits', 'x'.repeat(2000)]) await source.publish({ body });
    await vi.waitFor(() => expect(endpoint.tally.evicted).toBe(1));
    const { head } = source.log;
    const { toServer } = endpoint.bytes;
    socket.write('{"body":"behind"}\nnonsense\n');
    await vi.waitFor(() => expect(endpoint.bytes.toServer).toBeGreaterThan(toServer));
    expect(await text(socket)).toMatch(
      /slow consumer: \d+ bytes \(messages: 1\) in the send queue, expected at most 1000 bytes/,
    );
    // Over HTTP it is a malformed request.
    expect(endpoint.tally.refused).toBe(name === 'sse' ? 1 : 0);
    expect(source.log.head).toBe(head);
  });
});

describe.each(pushing)('a cursor ahead of the log, at %s', (name) => {
  it('waits at its place, and gets only the messages after it', async () => {
    const add = (seq: number) => source.log.take({ seq, dueMs: 0, body: `message ${seq}` });
    for (const seq of [1, 2]) add(seq);
    const socket = await open(await serve(name), hellos[name]('shared:4'));
    let all = '';
    while (!all.includes('"shared:4"')) all += (await once(socket, 'data'))[0];
    for (const seq of [3, 4, 5, 6]) {
      add(seq);
      await new Promise(setImmediate);
    }
    while (!all.includes('message 6')) all += (await once(socket, 'data'))[0];
    expect(all.match(/message \d/g)).toEqual(['message 5', 'message 6']);
    expect(all).not.toMatch(/"missed":[1-9]|"reset"/);
    // Over SSE a batch begins with its place.
    expect(all.match(/"next":"shared:4"/g)).toHaveLength(name === 'sse' ? 2 : 1);
  });
});

describe('the policy credit', () => {
  const badGrants: [string, RegExp][] = [
    ['{"credit":-1}', /^invalid credit -1: expected a whole number of messages from 1 to 2147483647/],
    ['{"credit":0}', /^invalid credit 0: expected a whole number/],
    ['{"credit":1.5}', /^invalid credit 1.5: expected a whole number/],
    ['{"credit":1e21}', /^invalid credit 1e\+21: expected a whole number/],
    ['{"credit":1e999}', /^invalid credit Infinity: expected a whole number/],
    ['{"credit":"5"}', /^invalid credit "5": expected a whole number/],
    ['{"credit":null}', /^invalid credit null: expected a whole number/],
    ['{"credit":1,"body":"precious"}', /^invalid body with credit: expected \{"credit": n\} alone/],
    [
      '{"credit":2147483000}\n{"credit":648}',
      /^invalid credit 648: expected at most 647, since 2147483000 messages are already granted/,
    ],
  ];

  it.each(badGrants)('refuses %s over WebSocket, and a neighbour loses nothing', async (grants, reason) => {
    const endpoint = await serve('push', { policy: 'credit' });
    const url = `ws://127.0.0.1:${endpoint.port}/messages`;
    const neighbour = new WebSocket(url);
    const got: number[] = [];
    neighbour.on('message', (data) => {
      const delivery = JSON.parse(String(data));
      got.push(...(delivery.messages ?? [delivery]).map(({ seq }: Message) => seq));
    });
    await once(neighbour, 'message');
    neighbour.send('{"credit":1000}');

    const socket = new WebSocket(url);
    await once(socket, 'open');
    for (const grant of grants.split('\n')) socket.send(grant);
    const [code, text] = await once(socket, 'close');
    expect(code).toBe(1008);
    expect(String(text)).toMatch(reason);
    await source.publish({ body: 'still there?' });
    await vi.waitFor(() => expect(got).toEqual([1]));
    neighbour.terminate();
  });

  it.each(badGrants)('refuses %s over TCP', async (grants, reason) => {
    const endpoint = await serve('tcp-push', { policy: 'credit' });
    const lines = (await text(await open(endpoint, `{"after":null}\n${grants}\n`))).trim().split('\n');
    expect(JSON.parse(lines.at(-1) as string).error).toMatch(reason);
    expect(source.log.head).toBe(0);
  });

  it('sends no more than was granted to a client that was ahead of the log, also across a hole', async () => {
    const add = (seq: number) => source.log.take({ seq, dueMs: 0, body: 'x' });
    add(1);
    const socket = new WebSocket(
      `ws://127.0.0.1:${(await serve('push', { policy: 'credit' })).port}/messages?after=shared:3`,
    );
    opened.push(() => socket.terminate());
    const deliveries: unknown[] = [];
    socket.on('message', (data) => deliveries.push(JSON.parse(String(data))));
    await vi.waitFor(() => expect(deliveries).toEqual([{ messages: [], next: 'shared:3', missed: 0 }]));
    // 2 is behind the cursor, 5 will never come.
    for (const seq of [2, 3, 4, 6, 7]) add(seq);
    await new Promise(setImmediate);
    socket.send('{"credit":2}');
    await vi.waitFor(() => expect(deliveries).toHaveLength(2));
    expect(deliveries[1]).toMatchObject({ messages: [{ seq: 4 }, { seq: 6 }], next: 'shared:6', missed: 1 });
    socket.send('{"credit":1}');
    await vi.waitFor(() => expect(deliveries).toHaveLength(3));
    expect(deliveries[2]).toMatchObject({ messages: [{ seq: 7 }], next: 'shared:7', missed: 0 });
  });
});
