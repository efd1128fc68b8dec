import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Endpoint } from './endpoint.ts';
import type { Limits } from './limits.ts';
import { type ServerName, type ServerOptions, startServers } from './main.ts';
import { EmbeddedSource } from './source/embedded.ts';

/** Every limit with its answer, at servers whose limits are small. What a test opens is closed after it. */
const source = new EmbeddedSource();
const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(name: ServerName, limits: Partial<Limits>, options: ServerOptions = {}) {
  const endpoint = (await startServers(source, [name], { ...options, limits })).get(name) as Endpoint;
  opened.push(() => endpoint.close());
  return endpoint;
}

async function open({ port }: Endpoint, said = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  opened.push(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(said);
  return socket;
}

const ask = (path = '/messages', more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
const upgrade =
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const errorIn = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).error;
const httpServers = ['push', 'sse', 'notify', 'long-poll', 'short-poll'] as const;
const tooMany = 'too many connections: the limit is 2, try again later';

describe('a server that is full', () => {
  it.each(httpServers.filter((name) => name !== 'push'))('answers 503 with a reason: %s', async (name) => {
    const endpoint = await serve(name, { connections: 2 });
    await Promise.all([open(endpoint), open(endpoint)]);
    const answer = await text(await open(endpoint, ask()));
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(errorIn(answer)).toBe(tooMany);
    expect(endpoint.tally.refused).toBe(1);
  });

  it.each(['push', 'notify'] as const)('closes a WebSocket with 1013 and a reason: %s', async (name) => {
    const endpoint = await serve(name, { connections: 2 });
    await Promise.all([open(endpoint), open(endpoint)]);
    const [code, reason] = await once(new WebSocket(`ws://127.0.0.1:${endpoint.port}/messages`), 'close');
    expect([code, String(reason)]).toEqual([1013, tooMany]);
  });

  it('says a last line over TCP', async () => {
    const endpoint = await serve('tcp-push', { connections: 2 });
    await Promise.all([open(endpoint), open(endpoint)]);
    expect(JSON.parse(await text(await open(endpoint)))).toEqual({ error: tooMany });
  });

  it.each(['short-poll', 'tcp-push'] as const)('has room again once somebody has gone: %s', async (name) => {
    const endpoint = await serve(name, { connections: 1 });
    const first = await open(endpoint);
    first.destroy();
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
    const socket = await open(endpoint, name === 'tcp-push' ? '{"after":null}\n' : ask());
    expect(String((await once(socket, 'data'))[0])).toContain('"messages":[]');
  });

  it.each(['short-poll', 'tcp-push'] as const)('cuts whom it has told: %s', async (name) => {
    const endpoint = await serve(name, { connections: 1, goodbyeMs: 50 });
    await open(endpoint);
    const silent = await open(endpoint);
    silent.resume();
    await new Promise((closed) => silent.once('close', closed));
    await vi.waitFor(() => expect(endpoint.connections).toBe(1));
  });

  it('cuts more than it can tell', async () => {
    const endpoint = await serve('tcp-push', { connections: 1, connectionsTold: 0 });
    await open(endpoint);
    expect(await text(await open(endpoint))).toBe('');
    expect(endpoint.tally.refused).toBe(1);
  });
});

describe.each(httpServers)('what never becomes a request at %s', (name) => {
  it.each<[string, string, Partial<Limits>, number, RegExp]>([
    [
      'headers that are long',
      ask('/messages', `x: ${'x'.repeat(3000)}\r\n`),
      { headerBytes: 2048 },
      431,
      /expected at most 2048 bytes/,
    ],
    [
      'headers that are slow',
      'GET /messages HTTP/1.1\r\nho',
      { helloMs: 100 },
      408,
      /expected its headers within 100 ms/,
    ],
    [
      'a body that is slow',
      'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{',
      { helloMs: 50, requestMs: 100 },
      408,
      /all of it within 100 ms/,
    ],
    ['no host', 'GET /messages HTTP/1.1\r\n\r\n', {}, 400, /missing host/],
    [
      'a tunnel',
      'CONNECT elsewhere:443 HTTP/1.1\r\nhost: elsewhere\r\n\r\n',
      {},
      405,
      /invalid method "CONNECT": expected GET or POST/,
    ],
    [
      'an expectation that nobody knows',
      ask('/messages', 'expect: more\r\nconnection: close\r\n'),
      {},
      417,
      /invalid expect "more": expected 100-continue/,
    ],
    ['no HTTP at all', 'hello\r\n\r\n', {}, 400, /invalid HTTP: /],
  ])('refuses %s with a reason', async (what, said, limits, status, reason) => {
    const complaints = vi.spyOn(console, 'error');
    // Whoever may not publish here is told so before there is a body.
    if (what === 'a body that is slow' && name === 'push') return;
    const endpoint = await serve(name, limits, { framework: 'http' });
    const answer = await text(await open(endpoint, said));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(errorIn(answer)).toMatch(reason);
    expect(endpoint.tally.refused).toBeGreaterThan(0);
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  });
});

it.each(['express', 'http'] as const)(
  'does not complain of a body that breaks off, on %s',
  async (framework) => {
    const complaints = vi.spyOn(console, 'error');
    const endpoint = await serve('short-poll', {}, { framework });
    const half = await open(endpoint, 'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{');
    await vi.waitFor(() => expect(endpoint.bytes.toServer).toBeGreaterThan(50));
    half.destroy();
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  },
);

it.each(['express', 'http'] as const)(
  'refuses a long body with 413 and the limit, on %s',
  async (framework) => {
    const endpoint = await serve('short-poll', { bodyBytes: 100 }, { framework });
    const body = JSON.stringify({ body: 'x'.repeat(100) });
    const answer = await fetch(`http://127.0.0.1:${endpoint.port}/messages`, { method: 'POST', body });
    expect(answer.status).toBe(413);
    expect((await answer.json()).error).toBe('body too large: expected at most 100 bytes');
  },
);

it('does not complain of a body that is long and slow, on Express, which waits for its end', async () => {
  const complaints = vi.spyOn(console, 'error');
  const endpoint = await serve('short-poll', { helloMs: 50, requestMs: 100 });
  const said = 'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{';
  expect(await text(await open(endpoint, said))).toMatch(/^HTTP\/1.1 408 /);
  await vi.waitFor(() => expect(endpoint.connections).toBe(0));
  await new Promise(setImmediate);
  expect(complaints).not.toHaveBeenCalled();
  complaints.mockRestore();
});

describe.each(['push', 'notify'] as const)('a WebSocket of %s', (name) => {
  it('is closed with 1009 on a long message, in one frame or in many', async () => {
    const endpoint = await serve(name, { messageBytes: 100 });
    for (const pieces of [1, 30]) {
      const socket = new WebSocket(`ws://127.0.0.1:${endpoint.port}/messages`);
      await once(socket, 'open');
      for (let piece = 1; piece <= pieces; piece += 1)
        socket.send('x'.repeat(120 / pieces), { fin: piece === pieces });
      const [code, reason] = await once(socket, 'close');
      expect([code, String(reason)]).toEqual([1009, 'message too long: expected at most 100 bytes']);
    }
  });

  it('does not pile up answers to pings for a client that does not read', async () => {
    const endpoint = await serve(name, {});
    const socket = await open(endpoint, ask('/messages', upgrade));
    socket.pause();
    const pings = Buffer.alloc(131 * 1000, Buffer.concat([Buffer.of(0x89, 0xfd), Buffer.alloc(129)]));
    const gone = new Promise((closed) => socket.once('close', closed));
    for (let thousands = 0; thousands < 300 && !socket.destroyed; thousands += 1)
      if (!socket.write(pings))
        await Promise.race([gone, new Promise((drained) => socket.once('drain', drained))]);
    expect(endpoint.longestBacklogBytes).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('a TCP connection', () => {
  it('is ended when the first line does not come', async () => {
    const endpoint = await serve('tcp-push', { helloMs: 100 });
    expect(JSON.parse(await text(await open(endpoint, '{"aft')))).toEqual({
      error: 'first line too slow: expected within 100 ms',
    });
  });

  it('may be silent once the first line has come', async () => {
    const endpoint = await serve('tcp-push', { helloMs: 100 }, { heartbeatMs: 150 });
    const socket = await open(endpoint, '{"after":null}\n');
    await once(socket, 'data');
    const [heartbeat] = await once(socket, 'data');
    expect(String(heartbeat)).toBe('\n');
  });

  it('is ended on a long line', async () => {
    const endpoint = await serve('tcp-push', { lineCharacters: 100 });
    expect(JSON.parse(await text(await open(endpoint, 'x'.repeat(101)))).error).toMatch(
      /at most 100 characters/,
    );
  });

  it('is cut when whoever is refused goes on sending', async () => {
    const endpoint = await serve('tcp-push', { goodbyeMs: 50 });
    const socket = await open(endpoint, 'nonsense\n');
    socket.allowHalfOpen = true;
    const sending = setInterval(() => socket.write('more\n'), 10);
    opened.push(() => clearInterval(sending));
    socket.resume();
    await new Promise((closed) => socket.once('close', closed));
  });
});

describe.each([
  ['push', ask('/messages', upgrade)],
  ['sse', ask()],
  ['tcp-push', '{"after":null}\n'],
] as const)('a reader of %s that reads nothing', (name, hello) => {
  async function congested(limits: Partial<Limits>, options: ServerOptions = {}) {
    const endpoint = await serve(name, limits, options);
    const socket = await open(endpoint, hello);
    await once(socket, 'data');
    socket.pause();
    while (endpoint.longestBacklogBytes === 0) {
      await source.publish({ body: 'x'.repeat(500_000) });
      await new Promise(setImmediate);
    }
    return { endpoint, socket };
  }

  it('and says that it has said all, is let go and cut', async () => {
    const { endpoint, socket } = await congested({ goodbyeMs: 50 });
    socket.end();
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
    expect(endpoint.readers).toHaveLength(0);
  });

  it('and not why it was evicted either, is cut', async () => {
    const { endpoint } = await congested({ goodbyeMs: 50 }, { policy: 'disconnect', limitBytes: 1000 });
    for (const body of ['fits', 'x'.repeat(2000)]) await source.publish({ body });
    await vi.waitFor(() => expect(endpoint.tally.evicted).toBe(1));
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
  });

  it('is told why it was evicted, whatever it says behind that', async () => {
    const { endpoint, socket } = await congested(
      { goodbyeMs: 600_000 },
      { policy: 'disconnect', limitBytes: 1000 },
    );
    for (const body of ['fits', 'x'.repeat(2000)]) await source.publish({ body });
    await vi.waitFor(() => expect(endpoint.tally.evicted).toBe(1));
    const { head } = source.log;
    const { toServer } = endpoint.bytes;
    socket.write('nonsense\n{"body":"behind"}\n');
    await vi.waitFor(() => expect(endpoint.bytes.toServer).toBeGreaterThan(toServer));
    expect(await text(socket)).toMatch(
      /slow consumer: 1 messages \(\d+ bytes\) wait in the send queue, the limit is 1000 bytes/,
    );
    expect(endpoint.tally.refused).toBe(0);
    expect(source.log.head).toBe(head);
  });
});

describe('requests that follow one another on a connection, without waiting for answers', () => {
  it('are answered in order by a long poll, which holds the last one alone', async () => {
    const endpoint = await serve('long-poll', {}, { holdMs: 60_000 });
    const path = `/messages?after=${source.log.id}:${source.log.head}`;
    const socket = await open(endpoint, ask(path).repeat(500));
    await vi.waitFor(() => expect(endpoint.tally.requests).toBe(499));
    await source.publish({ body: 'news' });
    await vi.waitFor(() => expect(endpoint.tally.requests).toBe(500));
    socket.end();
    const answer = await text(socket);
    expect(answer.match(/HTTP\/1.1 200 /g)).toHaveLength(500);
    expect(answer.match(/"news"/g)).toHaveLength(1);
  });

  it.each(['express', 'http'] as const)(
    'keep a stream waiting for an answer before it, and so refuse it: %s',
    async (framework) => {
      const endpoint = await serve('sse', {}, { framework });
      const post = 'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n\r\n{"body":"one"}';
      const socket = await open(endpoint, post + ask('/messages', 'connection: close\r\n'));
      const answer = await text(socket);
      expect(answer).toMatch(
        /^HTTP\/1.1 201 [\s\S]*HTTP\/1.1 409 [\s\S]*this connection has a pending request/,
      );
      expect(endpoint.readers).toHaveLength(0);
    },
  );

  it.each(['express', 'http'] as const)(
    'are answered before what is no request is refused, on %s',
    async (framework) => {
      const endpoint = await serve('short-poll', {}, { framework });
      const post = 'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n\r\n{"body":"one"}';
      const answer = await text(await open(endpoint, `${post}${ask()}no request at all\r\n\r\n`));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 200', 'HTTP/1.1 400']);
      expect(answer).toMatch(/invalid HTTP/);
    },
  );

  it.each(['express', 'http'] as const)(
    'are answered before a body that is none, on %s',
    async (framework) => {
      const endpoint = await serve('short-poll', {}, { framework });
      const head = 'POST /messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
      const answer = await text(await open(endpoint, `${ask()}${head}nonsense\r\n`));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    },
  );

  it.each(['express', 'http'] as const)(
    'are answered whole, whatever they expect, on %s',
    async (framework) => {
      const endpoint = await serve('short-poll', {}, { framework });
      await source.publish({ body: 'x'.repeat(2000) });
      const post = 'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n\r\n{"body":"one"}';
      const get = ask(`/messages?after=${source.log.id}:0`, 'expect: 100-continue\r\nconnection: close\r\n');
      const answer = await text(await open(endpoint, post + get));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 200']);
      expect(JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n'))).messages.length).toBeGreaterThan(1);
    },
  );

  it.each(['in one piece', 'later'])('end an SSE stream, and it says why: %s', async (when) => {
    const endpoint = await serve('sse', {});
    const socket = await open(endpoint, ask().repeat(when === 'later' ? 1 : 3));
    const events = text(socket);
    if (when === 'later') {
      await vi.waitFor(() => expect(endpoint.readers).toHaveLength(1));
      socket.write(ask().repeat(3));
    }
    const answer = await events;
    expect(answer.match(/HTTP\/1.1 200 /g)).toHaveLength(1);
    expect(answer).toMatch(/event: evicted\ndata: \{"error":"this connection already carries a stream/);
    expect(endpoint.readers).toHaveLength(0);
    expect(endpoint.tally.refused).toBe(1);
  });
});
