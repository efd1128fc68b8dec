import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Http } from '../shared/openers.ts';
import { browserOpeners } from './openers-browser.ts';

/** Requests of a browser that has no AbortSignal.any and no AbortSignal.timeout, to a server that answers late or never. */
let server: Server;
let held: ServerResponse[];

beforeEach(async () => {
  vi.stubGlobal('AbortSignal', undefined);
  held = [];
  server = createServer((_request, response) => {
    held.push(response);
    server.emit('held');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  server.close();
});

function open(silenceLimitMs: number): Http {
  const { port } = server.address() as AddressInfo;
  return browserOpeners('token').http(`http://127.0.0.1:${port}`, { silenceLimitMs });
}

it('asks, and is answered', async () => {
  const isHeld = once(server, 'held');
  const answer = open(60_000).ask('GET', '/messages');
  await isHeld;
  held[0]?.writeHead(200).end('news');
  expect(await answer).toEqual({ status: 200, text: 'news' });
});

it('gives up when nothing comes', async () => {
  await expect(open(50).ask('GET', '/messages')).rejects.toThrow('no data for 0.05 s');
});

it('gives up when no more comes', async () => {
  server.once('held', () => held[0]?.writeHead(200).write('ne'));
  await expect(open(200).ask('GET', '/messages')).rejects.toThrow('no data for 0.2 s');
});

it('cuts off what is under way when it is closed, and asks nothing more', async () => {
  const http = open(60_000);
  const isHeld = once(server, 'held');
  const refused = expect(http.ask('GET', '/messages')).rejects.toThrow('closed');
  await isHeld;
  http.close();
  await refused;
  await expect(http.ask('GET', '/messages')).rejects.toThrow('closed');
  expect(held).toHaveLength(1);
});
