import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Endpoint } from '../meter/endpoint.ts';
import { type ServerName, type ServerOptions, startServers } from '../serve.ts';
import { EmbeddedSource } from '../source/embedded.ts';
import { defaultLimits, type Limits, limitsOf } from './limits.ts';

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

const ask = (path = '/messages', more = '') => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
const upgrade =
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const errorIn = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).error;
const httpServers = ['push', 'sse', 'notify', 'long-poll', 'short-poll'] as const;
const tooMany = 'too many connections: expected at most 2 at once';

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

  it.each(['push', 'notify'] as const)(
    'outlives a rejected WebSocket that sends nonsense: %s',
    async (name) => {
      const endpoint = await serve(name, { connections: 0 });
      const handshake = Buffer.from(ask('/messages', upgrade));
      // A frame without a mask.
      const answer = await text(
        await open(endpoint, '').then((socket) => socket.end(Buffer.concat([handshake, Buffer.of(0x81, 0)]))),
      );
      expect(answer).toContain('too many connections');
      expect(endpoint.tally.refused).toBe(1);
    },
  );

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
      /expected the headers within 100 ms/,
    ],
    [
      'a body that is slow',
      'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{',
      { helloMs: 50, requestMs: 100 },
      408,
      /the whole request within 100 ms/,
    ],
    ['no host', 'GET /messages HTTP/1.1\r\n\r\n', {}, 400, /missing host/],
    ['no HTTP at all', 'hello\r\n\r\n', {}, 400, /invalid HTTP: /],
  ])('refuses %s with a reason', async (_what, said, limits, status, reason) => {
    const complaints = vi.spyOn(console, 'error');
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
    const half = await open(
      endpoint,
      'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{',
    );
    await vi.waitFor(() => expect(endpoint.bytes.toServer).toBeGreaterThan(50));
    half.destroy();
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  },
);

it.each(['express', 'http'] as const)(
  'is not troubled by a body that is too large and slow, on %s',
  async (framework) => {
    const complaints = vi.spyOn(console, 'error');
    const endpoint = await serve('short-poll', { helloMs: 50, requestMs: 100 }, { framework });
    const request = 'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n{';
    expect(await text(await open(endpoint, request))).toMatch(/^HTTP\/1.1 413 /);
    await vi.waitFor(() => expect(endpoint.connections).toBe(0));
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  },
);

it.each(['express', 'http'] as const)(
  'refuses a body while it is still coming, and survives all of it, on %s',
  async (framework) => {
    const endpoint = await serve('short-poll', {}, { framework });
    const socket = await open(
      endpoint,
      'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50000000\r\n\r\n',
    );
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 413 /);
    for (let megabytes = 0; megabytes < 50; megabytes += 1)
      if (!socket.write(Buffer.alloc(1e6, 'x'))) await once(socket, 'drain');
    socket.write(ask());
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
  },
);

describe('requests that follow one another on a connection, without waiting for answers', () => {
  it('are answered in order by a long poll, which holds all of them', async () => {
    const endpoint = await serve('long-poll', {}, { holdMs: 60_000 });
    const path = `/messages?after=${source.log.id}:${source.log.head}`;
    const socket = await open(endpoint, ask(path).repeat(500));
    await vi.waitFor(() => expect(source.log.subscribers).toBeGreaterThan(100));
    await source.publish({ body: 'news' });
    await vi.waitFor(() => expect(endpoint.tally.requests).toBe(500));
    socket.end();
    const answer = await text(socket);
    expect(answer.match(/HTTP\/1.1 200 /g)).toHaveLength(500);
    expect(answer.match(/"news"/g)).toHaveLength(500);
  });

  it.each(['express', 'http'] as const)(
    'may end with a stream, which begins in its turn: %s',
    async (framework) => {
      const endpoint = await serve('sse', {}, { framework });
      const post = 'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 14\r\n\r\n{"body":"one"}';
      const socket = await open(endpoint, post + ask());
      let heard = '';
      socket.setEncoding('utf8').on('data', (piece) => (heard += piece));
      while (!heard.includes('event: batch')) await once(socket, 'data');
      await source.publish({ body: 'two' });
      while (!heard.includes('"two"')) await once(socket, 'data');
      expect(heard.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 200']);
    },
  );

  it.each(['express', 'http'] as const)(
    'are answered before a WebSocket behind them is refused, on %s',
    async (framework) => {
      const endpoint = await serve('notify', {}, { framework });
      const post = 'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 14\r\n\r\n{"body":"one"}';
      const answer = await text(await open(endpoint, post + ask('/messages', upgrade)));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 409']);
      expect(answer).toContain('unexpected upgrade: expected a connection without pending requests');
      expect(endpoint.joined).toBe(0);
      expect(endpoint.tally.refused).toBe(1);
    },
  );

  it.each(['express', 'http'] as const)(
    'are answered before what is no request is refused, on %s',
    async (framework) => {
      const endpoint = await serve('short-poll', {}, { framework });
      const post = 'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 14\r\n\r\n{"body":"one"}';
      const answer = await text(await open(endpoint, `${post}${ask()}no request at all\r\n\r\n`));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 200', 'HTTP/1.1 400']);
      expect(answer).toMatch(/invalid HTTP/);
    },
  );

  it.each(['express', 'http'] as const)(
    'are answered before a body that is none, on %s',
    async (framework) => {
      const endpoint = await serve('short-poll', {}, { framework });
      const head = 'POST /messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n';
      const answer = await text(await open(endpoint, `${ask()}${head}nonsense\r\n`));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    },
  );

  it('are not answered behind a refusal, whatever they are', async () => {
    const endpoint = await serve('short-poll', {});
    const refused = ask('/messages', 'origin: https://elsewhere.example\r\n');
    for (const more of ['no request at all\r\n\r\n', ask(), refused]) {
      const { refused: before } = endpoint.tally;
      const answer = await text(await open(endpoint, refused + more));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 403']);
      expect(endpoint.tally.refused).toBe(before + 1);
    }
  });

  it('are not answered behind what is none', async () => {
    const endpoint = await serve('long-poll', {}, { holdMs: 100 });
    const pending = ask(`/messages?after=${source.log.id}:${source.log.head}`);
    const socket = await open(endpoint, `${pending}no request at all\r\n\r\n`);
    await vi.waitFor(() => expect(endpoint.tally.refused).toBe(1));
    socket.write(`more of this\r\n\r\n${ask()}`);
    expect((await text(socket)).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(endpoint.tally.refused).toBe(1);
  });

  it.each(['express', 'http'] as const)(
    'are answered whole, whatever they expect, on %s',
    async (framework) => {
      const endpoint = await serve('short-poll', {}, { framework });
      const post = (more: string) =>
        `POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 14\r\n${more}\r\n{"body":"one"}`;
      const waiting = post('expect: 100-continue\r\nconnection: close\r\n');
      const answer = await text(await open(endpoint, post('') + waiting));
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 201']);
      expect(JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n')))).toEqual({ seq: source.log.head });
    },
  );

  it.each(['express', 'http'] as const)(
    'are not answered ahead of a client that does not read, on %s',
    async (framework) => {
      const endpoint = await serve('short-poll', {}, { framework });
      const from = source.log.end;
      for (let index = 0; index < 20; index += 1) source.log.append('x'.repeat(50_000), 0);
      const path = `/messages?after=${from.logId}:${from.seq}`;
      const asked = 300;
      const socket = await open(endpoint);
      socket.pause();
      socket.write(ask(path).repeat(asked - 1) + ask(path, 'connection: close\r\n'));
      await vi.waitFor(() => expect(endpoint.tally.requests).toBeGreaterThan(0));
      // A neighbour is answered: the server has parsed what came before.
      await text(await open(endpoint, ask('/messages', 'connection: close\r\n')));
      expect(endpoint.tally.requests).toBeLessThan(asked / 3);
      expect((await text(socket)).match(/HTTP\/1.1 200/g)).toHaveLength(asked);
    },
  );

  it.each(['in one piece', 'later'])(
    'end an SSE stream, and are refused with the reason: %s',
    async (when) => {
      const endpoint = await serve('sse', {});
      const socket = await open(endpoint, ask().repeat(when === 'later' ? 1 : 3));
      const events = text(socket);
      if (when === 'later') {
        await vi.waitFor(() => expect(endpoint.readers).toHaveLength(1));
        socket.write(ask().repeat(3));
      }
      const answer = await events;
      const reason = 'unexpected request during a stream: send the request on another connection';
      expect(answer).toContain(`event: evicted\ndata: {"error":"${reason}"}\n\n`);
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 409']);
      expect(errorIn(answer.slice(answer.indexOf('HTTP/1.1 409')))).toBe(reason);
      expect(endpoint.readers).toHaveLength(0);
      expect(endpoint.tally.refused).toBe(1);
    },
  );
});

describe('an SSE stream survives what is no request', () => {
  it.each([
    ['a line break in the same piece', ask(), '\r\n', true],
    ['a line break later', ask(), '\r\n', false],
    ['a body in the same piece', ask('/messages', 'content-length: 1\r\n'), 'x', true],
    ['a body later', ask('/messages', 'content-length: 1\r\n'), 'x', false],
  ])('%s', async (_what, request, more, atOnce) => {
    const endpoint = await serve('sse', {});
    const socket = await open(endpoint, atOnce ? request + more : request);
    let heard = '';
    socket.setEncoding('utf8').on('data', (piece) => (heard += piece));
    while (!heard.includes('event: batch')) await once(socket, 'data');
    const { toServer } = endpoint.bytes;
    if (!atOnce) {
      socket.write(more);
      await vi.waitFor(() => expect(endpoint.bytes.toServer).toBe(toServer + more.length));
    }
    await source.publish({ body: 'still here' });
    while (!heard.includes('still here')) await once(socket, 'data');
    expect(heard).not.toContain('evicted');
  });
});

describe('a limit of Infinity', () => {
  it('is none', async () => {
    const limits = Object.fromEntries(
      Object.keys(defaultLimits).map((name) => [name, Number.POSITIVE_INFINITY]),
    );
    for (const name of [...httpServers, 'tcp-push'] as const) {
      const endpoint = await serve(name, limits, { holdMs: 0 });
      const socket = await open(endpoint, name === 'tcp-push' ? '{"after":null}\n' : ask());
      await once(socket, 'data');
      expect(socket.readyState).toBe('open');
    }
  });

  it('leaves a slow request the time that it needs', async () => {
    const limits = { helloMs: Number.POSITIVE_INFINITY, requestMs: Number.POSITIVE_INFINITY };
    expect(limitsOf({ limits })).toMatchObject({ helloMs: 2 ** 31 - 1, requestMs: 2 ** 31 - 1 });
  });
});
