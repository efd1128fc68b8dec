import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Endpoint } from './endpoint.ts';
import { type ServerName, serversByName, startServers } from './main.ts';
import { BadInput } from './message.ts';
import { EmbeddedSource } from './source/embedded.ts';

/** Every server beside a healthy client: bad input gets a reason, and nobody else notices. */
const source = new EmbeddedSource();
let onExpress: Map<ServerName, Endpoint>;
let onBareHttp: Map<ServerName, Endpoint>;
let healthy: WebSocket;
const heard: number[] = [];

beforeAll(async () => {
  const names = Object.keys(serversByName) as ServerName[];
  onExpress = await startServers(source, names, { holdMs: 200 });
  onBareHttp = await startServers(source, names, { holdMs: 200, framework: 'http' });
  healthy = new WebSocket(`ws://127.0.0.1:${port('push')}/messages`);
  healthy.on('message', (data) => {
    const { seq } = JSON.parse(String(data));
    if (seq) heard.push(seq);
  });
  await once(healthy, 'message');
});

afterAll(async () => {
  await source.publish({ body: 'still there?' });
  while (heard.at(-1) !== source.log.head) await once(healthy, 'message');
  expect(heard).toEqual(heard.map((_, index) => index + 1));
  for (const endpoint of [...onExpress.values(), ...onBareHttp.values()]) await endpoint.close();
});

function port(name: ServerName, endpoints = onExpress): number {
  return endpoints.get(name)?.port as number;
}

/** Grants that mean nothing, whatever the policy, and the reasons for which they are refused. */
const badCredits: [string, string, RegExp][] = [
  [
    'negative credit',
    '{"credit":-1}',
    /invalid credit -1: expected a whole number of messages from 1 to 2147483647/,
  ],
  ['no credit', '{"credit":0}', /invalid credit 0: expected a whole number/],
  ['half a credit', '{"credit":1.5}', /invalid credit 1.5: expected a whole number/],
  ['huge credit', '{"credit":1e21}', /invalid credit 1e\+21: expected a whole number/],
  ['infinite credit', '{"credit":1e999}', /invalid credit Infinity: expected a whole number/],
  ['credit in words', '{"credit":"5"}', /invalid credit "5": expected a whole number/],
  ['empty credit', '{"credit":null}', /invalid credit null: expected a whole number/],
];

/** Sends raw text to a server and returns everything it answers until it closes. */
async function raw(name: ServerName, text: string, endpoints = onExpress): Promise<string> {
  const socket = connect(port(name, endpoints), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    answer += piece;
  });
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe.each([
  ['short-poll', 'express'],
  ['short-poll', 'http'],
  ['long-poll', 'express'],
  ['long-poll', 'http'],
  ['sse', 'express'],
  ['sse', 'http'],
  ['notify', 'express'],
] as const)('%s on %s', (name, framework) => {
  const endpoints = () => (framework === 'express' ? onExpress : onBareHttp);
  const ask = (path: string, options?: RequestInit) =>
    fetch(`http://127.0.0.1:${port(name, endpoints())}${path}`, options);
  const post = (body: string) => ask('/messages', { method: 'POST', body });

  it('refuses a bad cursor', async () => {
    const answer = await ask('/messages?after=nonsense');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining('invalid after "nonsense": expected a cursor'),
    });
  });

  it('refuses a cursor ahead of the log', async () => {
    const answer = await ask(`/messages?after=${source.log.id}:999999`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('where the log ends') });
  });

  it('does not know other paths', async () => {
    const answer = await ask('/elsewhere');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining('unknown path /elsewhere: expected /messages'),
    });
  });

  it.each(['PUT', 'DELETE', 'PATCH'])('refuses %s and says what was expected', async (method) => {
    const answer = await ask('/messages', { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, POST');
  });

  it('refuses HEAD, which would park for ever', async () => {
    expect((await ask('/messages', { method: 'HEAD' })).status).toBe(405);
  });

  it.each([
    ['text that is not JSON', '{"body":', /JSON/],
    ['JSON that is no publication', '{"text":"hi"}', /missing body: expected a string/],
    ['nothing', '', /missing body: expected a string|invalid message "": expected JSON/],
    ['a JSON list', '[1]', /invalid publication \[1\]: expected a JSON object/],
    ['under a key that is no text', '{"body":"hi","key":7}', /invalid key 7: expected a string of 1 to 128/],
    [
      'a grant of credit, which HTTP has no place for',
      '{"credit":5}',
      /invalid credit 5: expected none over HTTP/,
    ],
  ])('refuses to publish %s', async (_name, body, reason) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect((await answer.json()).error).toMatch(reason);
  });

  it('refuses an oversized body', async () => {
    const answer = await post(JSON.stringify({ body: 'x'.repeat(100_000) }));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('too large') });
  });

  it('answers what is not HTTP with 400', async () => {
    expect(await raw(name, 'this is not HTTP\r\n\r\n', endpoints())).toMatch(/^HTTP\/1.1 400 /);
  });

  it('answers whoever names the whole address, as to a proxy', async () => {
    const whole = `http://127.0.0.1:${port(name, endpoints())}/messages?after=nonsense`;
    const ask = `GET ${whole} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    expect(await raw(name, ask, endpoints())).toMatch(/^HTTP\/1.1 400 [\s\S]*invalid after \\"nonsense\\"/);
  });

  it('publishes what is right', async () => {
    const answer = await post('{"body":"hi"}');
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ seq: source.log.head });
  });
});

describe('push on a plain request', () => {
  it('refuses a request that is no WebSocket', async () => {
    const answer = await fetch(`http://127.0.0.1:${port('push')}/messages`);
    expect(answer.status).toBe(426);
    expect((await answer.json()).error).toContain('connect with ws://');
  });
});

describe.each(['push', 'notify'] as const)('the WebSocket of %s', (name) => {
  const handshake = (path: string, key = 'dGhlIHNhbXBsZSBub25jZQ==') =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`;

  it.each([
    ['/elsewhere', /^HTTP\/1.1 404 [\s\S]*unknown path \/elsewhere/],
    ['/messages?after=nonsense', /^HTTP\/1.1 400 [\s\S]*expected a cursor/],
    ['//', /^HTTP\/1.1 404 /],
    ['/messages?after=%', /^HTTP\/1.1 400 /],
  ])('refuses a handshake for %s', async (path, reason) => {
    expect(await raw(name, handshake(path))).toMatch(reason);
  });

  it('refuses a cursor ahead of the log', async () => {
    const answer = await raw(name, handshake(`/messages?after=${source.log.id}:999999`));
    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*where the log ends/);
  });

  it('outlives those who are refused and hang up at once', async () => {
    const sockets = Array.from({ length: 20 }, () => connect(port(name), '127.0.0.1'));
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.write(handshake('/elsewhere'), () => socket.resetAndDestroy());
    }
    await Promise.all(sockets.map((socket) => once(socket, 'close')));
    expect(await raw(name, handshake('/elsewhere'))).toMatch(/^HTTP\/1.1 404 /);
  });

  it('refuses a handshake without a proper key', async () => {
    expect(await raw(name, handshake('/messages', 'short'))).toMatch(/^HTTP\/1.1 400 /);
  });

  const closeOf = async (send: (socket: WebSocket) => void) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port(name)}/messages`);
    await once(socket, 'open');
    send(socket);
    const [code, reason] = await once(socket, 'close');
    return { code, reason: String(reason) };
  };

  it.each<[string, string | Buffer, number, RegExp]>([
    ['text that is not JSON', '{"body":', 1008, /expected JSON/],
    ['JSON that is no publication', '{"text":"hi"}', 1008, /missing body/],
    ['a long reason in a long script', '“'.repeat(200), 1008, /^invalid message "“+$/],
    [
      'credit that nobody waits for',
      '{"credit":5}',
      1008,
      /invalid credit 5: expected none under the policy/,
    ],
    ...badCredits.map(
      ([name, text, reason]) => [name, text, 1008, reason] as [string, string, number, RegExp],
    ),
    ['a binary message', Buffer.from('{"body":"hi"}'), 1003, /expected a text message/],
    [
      'an oversized message',
      JSON.stringify({ body: 'x'.repeat(100_000) }),
      1009,
      /^message too long: expected at most 65536 bytes$/,
    ],
  ])('closes on %s and says why', async (_name, message, code, reason) => {
    const closed = await closeOf((socket) => socket.send(message, { binary: Buffer.isBuffer(message) }));
    expect(closed.code).toBe(code);
    expect(closed.reason).toMatch(reason);
  });

  it('closes on an invalid frame', async () => {
    // A frame with a reserved bit set, past the library that would not send it.
    const closed = await closeOf((socket) => {
      (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
        Buffer.of(0xf1, 0x80, 0, 0, 0, 0),
      );
    });
    expect(closed.code).toBe(1002);
  });
});

describe('tcp-push', () => {
  it.each([
    ['a first line that is not JSON', 'GET / HTTP/1.1\r\n\r\n', /expected JSON/],
    ['a bad cursor', '{"after":"nonsense"}\n', /expected a cursor/],
    ['a cursor of another kind', '{"after":7}\n', /expected a cursor/],
    ['a publication without a body', '{"after":null}\n{"text":"hi"}\n', /missing body/],
    [
      'credit that nobody waits for',
      '{"after":null}\n{"credit":5}\n',
      /invalid credit 5: expected none under the policy/,
    ],
    ...badCredits.map(
      ([name, text, reason]) => [name, `{"after":null}\n${text}\n`, reason] as [string, string, RegExp],
    ),
    ['an oversized line', `{"after":null}\n${'x'.repeat(100_000)}\n`, /at most 65536 characters/],
  ])('ends the connection on %s and says why', async (_name, text, reason) => {
    const lines = (await raw('tcp-push', text)).trim().split('\n');
    expect(JSON.parse(lines.at(-1) as string).error).toMatch(reason);
  });
});

describe('a server whose policy is credit', () => {
  let onCredit: Map<ServerName, Endpoint>;
  let neighbour: WebSocket;
  const got: number[] = [];

  beforeAll(async () => {
    onCredit = await startServers(source, ['push', 'tcp-push'], { policy: 'credit' });
    neighbour = new WebSocket(`ws://127.0.0.1:${port('push', onCredit)}/messages`);
    neighbour.on('message', (data) => {
      const delivery = JSON.parse(String(data));
      for (const { seq } of delivery.messages ?? [delivery]) got.push(seq);
    });
    await once(neighbour, 'message');
    neighbour.send('{"credit":1000}');
  });

  afterAll(async () => {
    const { seq } = await source.publish({ body: 'still there?' });
    while (got.at(-1) !== seq) await once(neighbour, 'message');
    expect(got).toEqual(got.map((_, index) => (got[0] as number) + index));
    for (const endpoint of onCredit.values()) await endpoint.close();
  });

  const grants = [
    ...badCredits,
    [
      'more credit than can be counted',
      '{"credit":2147483000}\n{"credit":648}',
      /invalid credit 648: expected at most 647, since 2147483000 are already granted/,
    ] as [string, string, RegExp],
  ];

  it.each(grants)('closes a WebSocket on %s and says why', async (_name, text, reason) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port('push', onCredit)}/messages`);
    await once(socket, 'open');
    for (const line of text.split('\n')) socket.send(line);
    const [code, said] = await once(socket, 'close');
    expect(code).toBe(1008);
    expect(String(said)).toMatch(reason);
  });

  it.each(grants)('ends a TCP connection on %s and says why', async (_name, text, reason) => {
    const lines = (await raw('tcp-push', `{"after":null}\n${text}\n`, onCredit)).trim().split('\n');
    expect(JSON.parse(lines.at(-1) as string).error).toMatch(reason);
  });
});

describe('a source that takes nothing now', () => {
  const reason = 'too much waits already';
  let endpoints: Map<ServerName, Endpoint>;

  beforeAll(async () => {
    const full = new EmbeddedSource();
    full.publish = () => Promise.reject(new BadInput(reason, 503));
    endpoints = await startServers(full, ['push', 'tcp-push', 'short-poll', 'long-poll']);
  });

  afterAll(async () => {
    for (const endpoint of endpoints.values()) await endpoint.close();
  });

  it('closes a WebSocket that publishes, and says why', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port('push', endpoints)}/messages`);
    await once(socket, 'open');
    socket.send('{"body":"hi"}');
    const [code, said] = await once(socket, 'close');
    expect(code).toBe(1013);
    expect(String(said)).toBe(reason);
  });

  it('ends a TCP connection that publishes, and says why', async () => {
    const lines = (await raw('tcp-push', '{"after":null}\n{"body":"hi"}\n', endpoints)).trim().split('\n');
    expect(JSON.parse(lines.at(-1) as string)).toEqual({ error: reason });
  });

  it.each(['short-poll', 'long-poll'] as const)('answers a POST to %s with 503', async (name) => {
    const answer = await fetch(`http://127.0.0.1:${port(name, endpoints)}/messages`, {
      method: 'POST',
      body: '{"body":"hi"}',
    });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ error: reason });
  });
});

it('does not start an SSE server whose policy is credit, nor any other beside it', async () => {
  const subscribed = vi.spyOn(source.log, 'subscribe');
  const starting = startServers(source, ['push', 'sse'], { policy: 'credit' });
  await expect(starting).rejects.toThrow(/invalid policy "credit": expected another policy/);
  expect(subscribed).toHaveBeenCalledOnce();
  subscribed.mockRestore();
});
