import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { BadInput } from './log/message.ts';
import type { Endpoint } from './meter/endpoint.ts';
import { type ServerName, serversByName, startServers } from './serve.ts';
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
      error: expect.stringMatching(/after .*"nonsense".*cursor/),
    });
  });

  it('takes a cursor ahead of the log for one of another server, which is a moment ahead', async () => {
    const answer = await ask(`/messages?after=${source.log.id}:999999`);
    expect(answer.status).toBe(200);
    if (name === 'sse') return void answer.body?.cancel();
    expect(await answer.json()).toEqual({ messages: [], next: `${source.log.id}:999999`, missed: 0 });
  });

  it('does not know other paths', async () => {
    const answer = await ask('/elsewhere');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('unknown path /elsewhere') });
  });

  it.each([
    ['text that is not JSON', '{"body":', /JSON/],
    ['JSON that is no publication', '{"text":"hi"}', /missing body: expected a string/],
    ['nothing', '', /invalid message "": expected JSON/],
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
    const ask = `GET ${whole} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
    expect(await raw(name, ask, endpoints())).toMatch(/^HTTP\/1.1 400 [\s\S]*\\"nonsense\\"/);
  });

  it('publishes what is right', async () => {
    const answer = await post('{"body":"hi"}');
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ seq: source.log.head });
  });
});

describe('push', () => {
  it('refuses a request that is no WebSocket', async () => {
    const answer = await fetch(`http://127.0.0.1:${port('push')}/messages`);
    expect(answer.status).toBe(426);
    expect((await answer.json()).error).toContain('Connect with ws://');
  });

  it('refuses two cursors', async () => {
    const { id } = source.log;
    expect(await raw('push', handshake(`/messages?after=${id}:1&after=${id}:2`))).toMatch(
      /^HTTP\/1.1 400 [\s\S]*a cursor/,
    );
  });

  it.each(['nonsense', '%'])('refuses the cursor %s', async (cursor) => {
    expect(await raw('push', handshake(`/messages?after=${cursor}`))).toMatch(
      /^HTTP\/1.1 400 [\s\S]*a cursor/,
    );
  });

  it.each([
    (cursor: string) => `/messages?from=what?&after=${cursor}`,
    (cursor: string) => `http://example.org/messages?after=${cursor}`,
  ])('finds the cursor in %s', async (target) => {
    const { seq } = await source.publish({ body: 'found' });
    const socket = connect(port('push'), '127.0.0.1');
    socket.write(handshake(target(`${source.log.id}:${seq - 1}`)));
    let heard = '';
    while (!heard.includes('"found"')) heard += String((await once(socket, 'data'))[0]);
    socket.destroy();
    expect(heard).toMatch(/^HTTP\/1.1 101 /);
  });
});

const handshake = (target: string, key = 'dGhlIHNhbXBsZSBub25jZQ==') =>
  `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`;

describe.each(['push', 'notify'] as const)('the WebSocket of %s', (name) => {
  it.each([
    ['/elsewhere', /^HTTP\/1.1 404 [\s\S]*unknown path \/elsewhere/],
    ['//', /^HTTP\/1.1 404 /],
    ['ftp://localhost/messages', /^HTTP\/1.1 400 [\s\S]*invalid request target/],
    ['http://[', /^HTTP\/1.1 400 [\s\S]*invalid request target/],
  ])('refuses a handshake for %s', async (path, reason) => {
    expect(await raw(name, handshake(path))).toMatch(reason);
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
});

describe('a source that takes nothing now', () => {
  const reason = 'too much waits already';
  let endpoints: Map<ServerName, Endpoint>;

  beforeAll(async () => {
    const full = new EmbeddedSource();
    full.publish = () => Promise.reject(new BadInput(reason, 503));
    endpoints = await startServers(full, ['short-poll', 'long-poll']);
  });

  afterAll(async () => {
    for (const endpoint of endpoints.values()) await endpoint.close();
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
  await expect(starting).rejects.toThrow(
    /invalid policy "credit": expected another overflow policy, because SSE clients cannot grant credit/,
  );
  expect(subscribed).toHaveBeenCalledOnce();
  subscribed.mockRestore();
});
