import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Endpoint } from './endpoint.ts';
import type { Gate } from './gate.ts';
import { type ServerName, startServers } from './main.ts';
import { BadInput } from './message.ts';
import { EmbeddedSource } from './source/embedded.ts';

/** Servers behind a gate that lets in pages of one origin, and one token, whose bearer may publish 100 bytes. */
const ours = 'http://ours.example';
const gate: Gate = {
  allowsOrigin: (origin) => origin === ours,
  admit(token) {
    if (token !== 'right') throw new BadInput('unknown token', 403);
    return {
      publish(bytes) {
        if (bytes > 100) throw new BadInput(`body of ${bytes} bytes too large: expected at most 100`, 413);
      },
    };
  },
};
const source = new EmbeddedSource();
let endpoints: Map<ServerName, Endpoint>;
let headBefore: number;

beforeAll(async () => {
  endpoints = await startServers(source, ['push', 'sse', 'long-poll', 'short-poll', 'notify'], { gate });
});

beforeEach(() => {
  headBefore = source.log.head;
});

afterAll(async () => {
  for (const endpoint of endpoints.values()) await endpoint.close();
});

const endpointOf = (name: ServerName) => endpoints.get(name) as Endpoint;

type Answer = { status: number; headers: Record<string, unknown>; text: string };

/** Sends a request with just these headers, and returns the answer, or its head when it never ends. */
async function ask(
  name: ServerName,
  query: string,
  { method = 'GET', headers = {}, body = '', onlyHead = false } = {},
): Promise<Answer> {
  const asked = request({
    port: endpointOf(name).port,
    host: '127.0.0.1',
    path: `/messages${query}`,
    method,
    headers,
    agent: false,
  });
  asked.end(body);
  const [response] = await once(asked, 'response');
  let text = '';
  if (onlyHead) asked.destroy();
  else for await (const piece of response.setEncoding('utf8')) text += piece;
  return { status: response.statusCode, headers: response.headers, text };
}

/** Connects, and returns how that ended: a first text, or the answer that refused it. */
async function connect(name: ServerName, query: string, headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${endpointOf(name).port}/messages${query}`, { headers });
  return new Promise((resolve) => {
    socket.on('message', (data) => {
      resolve(String(data));
      socket.terminate();
    });
    socket.on('unexpected-response', async (_request, response) => {
      let text = `${response.statusCode} `;
      for await (const piece of response.setEncoding('utf8')) text += piece;
      resolve(text);
    });
  });
}

describe.each(['sse', 'long-poll', 'short-poll', 'notify'] as const)('%s behind a gate', (name) => {
  it('refuses pages of another origin, token or not', async () => {
    const answer = await ask(name, '?token=right', { headers: { origin: 'http://elsewhere.example' } });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('forbidden origin \\"http://elsewhere.example\\"');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each(['', '?token=', '?token=wrong'])('refuses %j, and lets our page read why', async (query) => {
    const answer = await ask(name, query, { headers: { origin: ours } });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('unknown token');
    expect(answer.headers['access-control-allow-origin']).toBe(ours);
  });

  it('counts what it refuses', async () => {
    const { refused } = endpointOf(name).tally;
    await ask(name, '');
    expect(endpointOf(name).tally.refused).toBe(refused + 1);
  });

  it.each([ours, undefined])('lets the bearer of the token in from %s', async (origin) => {
    const answer = await ask(name, '?token=right', {
      headers: origin ? { origin } : {},
      onlyHead: name === 'sse',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  });

  it('answers the question whether JSON may be sent', async () => {
    const headers = { origin: ours, 'access-control-request-method': 'POST' };
    const answer = await ask(name, '', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toBe('content-type');
    const stranger = await ask(name, '', {
      method: 'OPTIONS',
      headers: { ...headers, origin: 'http://elsewhere.example' },
    });
    expect(stranger.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('publishes for whoever may, up to what they may', async () => {
    const post = (query: string, body: string) => ask(name, query, { method: 'POST', body });
    const large = JSON.stringify({ body: 'x'.repeat(200) });
    expect((await post('', '{"body":"hi"}')).status).toBe(403);
    expect(await post('?token=right', large)).toMatchObject({
      status: 413,
      text: expect.stringContaining('expected at most 100'),
    });
    expect(source.log.head).toBe(headBefore);
    expect((await post('?token=right', '{"body":"hi"}')).status).toBe(201);
    expect(source.log.head).toBe(headBefore + 1);
  });

  it('refuses a publication that does not say how long it is', async () => {
    const asked = request({
      port: endpointOf(name).port,
      host: '127.0.0.1',
      path: '/messages?token=right',
      method: 'POST',
    });
    asked.write('{"body":');
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(411);
    asked.destroy();
    expect(source.log.head).toBe(headBefore);
  });
});

describe.each(['push', 'notify'] as const)('the WebSocket of %s behind a gate', (name) => {
  it('refuses pages of another origin, and who has no token', async () => {
    const wrongOrigin = await connect(name, '?token=right', { origin: 'http://elsewhere.example' });
    expect(wrongOrigin).toMatch(/^403 .*forbidden origin /);
    expect(await connect(name, '?token=wrong', { origin: ours })).toMatch(/^403 .*unknown token/);
    expect(await connect(name, '', {})).toMatch(/^403 .*unknown token/);
  });

  it('lets the bearer of the token in, and closes on too large a publication', async () => {
    const { port } = endpointOf(name);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/messages?token=right`, { origin: ours });
    await once(socket, 'open');
    socket.send('{"body":"hi"}');
    socket.send(JSON.stringify({ body: 'x'.repeat(200) }));
    const [code, reason] = await once(socket, 'close');
    expect(code).toBe(1008);
    expect(String(reason)).toContain('expected at most 100');
    expect(source.log.head).toBe(headBefore + 1);
  });
});
