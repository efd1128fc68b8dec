import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { BadInput } from '../log/message.ts';
import type { Endpoint } from '../meter/endpoint.ts';
import { type ServerName, startServers } from '../serve.ts';
import { EmbeddedSource } from '../source/embedded.ts';
import type { Gate } from './auth.ts';

/** Servers behind a gate that lets in pages of one origin, and one token. */
const ours = 'http://ours.example';
const gate: Gate = {
  allowsOrigin: (origin) => origin === ours,
  admit(token) {
    if (token !== 'right') throw new BadInput('token is not known here', 403);
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
    expect(answer.text).toContain('invalid origin \\"http://elsewhere.example\\"');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each(['', '?token=', '?token=wrong'])('refuses %j, and lets our page read why', async (query) => {
    const answer = await ask(name, query, { headers: { origin: ours } });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('token is not known here');
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

  it('allows our page to send JSON, and no other', async () => {
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

  it('publishes for the bearer of the token alone', async () => {
    const post = (query: string) => ask(name, query, { method: 'POST', body: '{"body":"hi"}' });
    expect((await post('')).status).toBe(403);
    expect(source.log.head).toBe(headBefore);
    expect((await post('?token=right')).status).toBe(201);
    expect(source.log.head).toBe(headBefore + 1);
  });

  it('finds the token behind another question mark', async () => {
    expect((await ask(name, '?q=why?&token=right', { onlyHead: name === 'sse' })).status).toBe(200);
  });

  it.each([{}, { origin: ours }, { origin: 'http://elsewhere.example' }])(
    'says what the answer to %j depends on',
    async (headers) => {
      for (const query of ['', '?token=right'])
        expect((await ask(name, query, { headers, onlyHead: name === 'sse' })).headers.vary).toBe('origin');
    },
  );

  it('does not ask for a body that it refuses', async () => {
    const headers = { expect: '100-continue', 'content-length': '50' };
    const asked = request({
      port: endpointOf(name).port,
      host: '127.0.0.1',
      path: '/messages',
      method: 'POST',
      headers,
    });
    let continued = false;
    asked.on('continue', () => (continued = true)).on('error', () => {});
    asked.flushHeaders();
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(403);
    expect(continued).toBe(false);
    asked.destroy();
  });

  it('answers at any host name: the token is enough', async () => {
    expect(
      (await ask(name, '?token=right', { headers: { host: 'lab.example' }, onlyHead: name === 'sse' }))
        .status,
    ).toBe(200);
  });
});

describe.each(['push', 'notify'] as const)('the WebSocket of %s behind a gate', (name) => {
  it('refuses pages of another origin, and who has no token', async () => {
    const wrongOrigin = await connect(name, '?token=right', { origin: 'http://elsewhere.example' });
    expect(wrongOrigin).toMatch(/^403 .*invalid origin /);
    expect(await connect(name, '?token=wrong', { origin: ours })).toMatch(/^403 .*token is not known/);
    expect(await connect(name, '', {})).toMatch(/^403 .*token is not known/);
  });

  it('lets the bearer of the token in', async () => {
    const { port } = endpointOf(name);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/messages?q=why?&token=right`, { origin: ours });
    await once(socket, 'open');
    socket.send('{"body":"hi"}');
    await vi.waitFor(() => expect(source.log.head).toBe(headBefore + 1));
    socket.terminate();
  });
});
