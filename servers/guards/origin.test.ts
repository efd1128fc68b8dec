import { once } from 'node:events';
import { request } from 'node:http';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chatServer } from '../chat.ts';
import type { Endpoint } from '../meter/endpoint.ts';
import { type ServerName, startServers } from '../serve.ts';
import { EmbeddedSource } from '../source/embedded.ts';

/** Servers without a gate, as `npm run servers` starts them: programs and pages of this machine come in. */
const source = new EmbeddedSource();
let endpoints: Map<ServerName, Endpoint>;

beforeAll(async () => {
  endpoints = await startServers(source, ['push', 'sse', 'long-poll', 'short-poll', 'notify'], { holdMs: 0 });
});

afterAll(async () => {
  for (const endpoint of endpoints.values()) await endpoint.close();
});

const portOf = (name: ServerName) => endpoints.get(name)?.port as number;

type Headers = Record<string, string>;

/** The status of a response, its headers, and the reason where it has one. */
async function ask(name: ServerName, headers: Headers, method = 'GET') {
  const asked = request({ port: portOf(name), path: '/messages', method, headers, agent: false });
  asked.on('error', () => {});
  asked.end(method === 'POST' ? '{"body":"hi"}' : '');
  const [response] = await once(asked, 'response');
  let text = '';
  if (response.statusCode >= 400) for await (const piece of response.setEncoding('utf8')) text += piece;
  asked.destroy();
  return { status: response.statusCode, headers: response.headers as Headers, text };
}

/** "open", or the status with which a handshake was refused and the reason. */
async function connect(port: number, headers: Headers): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/messages`, { headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve('open');
      socket.terminate();
    });
    socket.on('unexpected-response', async (_request, response) => {
      let text = `${response.statusCode} `;
      for await (const piece of response.setEncoding('utf8')) text += piece;
      resolve(text);
    });
  });
}

const foreignOrigins = [
  'https://evil.example',
  'http://evil.example:8081',
  'http://127.0.0.1.evil.example',
  'null',
];
const foreignHosts = [
  'evil.example',
  'evil.example:8081',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'x',
];

const ownOrigins = [
  'http://localhost',
  'http://localhost:3000',
  'https://127.0.0.1:1',
  'http://[::1]:80',
  'http://a.localhost',
];
const ownHosts = [
  'localhost',
  'localhost:8081',
  'LOCALHOST',
  '127.0.0.1',
  '127.1.2.3:9',
  '[::1]:8081',
  '192.0.2.1:80',
  hostname(),
];

describe.each(['sse', 'long-poll', 'short-poll', 'notify'] as const)('%s without a gate', (name) => {
  it.each(foreignOrigins)('refuses pages of %s, and says where to go', async (origin) => {
    const { head } = source.log;
    const { refused } = (endpoints.get(name) as Endpoint).tally;
    for (const method of ['GET', 'POST']) {
      const answer = await ask(name, { origin }, method);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain(
        `invalid origin \\"${origin}\\": expected a page of this machine. Open http://`,
      );
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect(source.log.head).toBe(head);
    expect(endpoints.get(name)?.tally.refused).toBe(refused + 2);
  });

  it.each(foreignHosts)('refuses requests to the host %s', async (host) => {
    const answer = await ask(name, { host });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain(
      `invalid host \\"${host}\\": expected an IP address, localhost or ${hostname()}`,
    );
  });

  it.each(ownOrigins)('lets pages of %s read', async (origin) => {
    const answer = await ask(name, { origin });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' });
  });

  it.each(ownHosts)('answers requests to the host %s', async (host) => {
    expect((await ask(name, { host })).status).toBe(200);
  });

  it('lets a page of its own publish, at whatever address it was opened', async () => {
    const answer = await ask(name, { host: '192.0.2.1:8081', origin: 'http://192.0.2.1:8081' }, 'POST');
    expect(answer.status).toBe(201);
    expect(
      (await ask(name, { host: '192.0.2.1:8081', origin: 'http://192.0.2.1:8082' }, 'POST')).status,
    ).toBe(403);
  });

  it('lets a page of this machine publish JSON, and no other', async () => {
    const preflight = { 'access-control-request-method': 'POST' };
    const own = await ask(name, { origin: 'http://localhost:3000', ...preflight }, 'OPTIONS');
    expect(own).toMatchObject({ status: 204, headers: { 'access-control-allow-headers': 'content-type' } });
    expect((await ask(name, { origin: 'http://evil.example', ...preflight }, 'OPTIONS')).status).toBe(403);
  });
});

describe.each(['push', 'notify'] as const)('the WebSocket of %s without a gate', (name) => {
  it('is refused to foreign pages, and to foreign hosts', async () => {
    for (const origin of foreignOrigins)
      expect(await connect(portOf(name), { origin })).toMatch(/^403 .*expected a page of this machine/);
    for (const host of foreignHosts)
      expect(await connect(portOf(name), { host })).toMatch(/^403 .*expected an IP address/);
    expect(await connect(portOf(name), { host: 'a b' })).toMatch(/^400 .*invalid host /);
  });

  it('opens for pages of this machine, and for programs', async () => {
    for (const origin of ownOrigins) expect(await connect(portOf(name), { origin })).toBe('open');
    for (const host of ownHosts) expect(await connect(portOf(name), { host })).toBe('open');
    expect(await connect(portOf(name), {})).toBe('open');
  });
});

it('a chat room refuses foreign pages and hosts as well', async () => {
  const room = chatServer();
  await room.listen();
  expect(await connect(room.port, { origin: 'https://evil.example' })).toMatch(
    /^403 .*expected a page of this/,
  );
  expect(await connect(room.port, { host: 'evil.example' })).toMatch(/^403 .*expected an IP address/);
  expect(await connect(room.port, { origin: `http://localhost:${room.port}` })).toBe('open');
  expect(room.tally.refused).toBe(2);
  await room.close();
});
