import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { newTally } from './endpoint.ts';
import { guardedHttpServer, onWebSocket } from './http-guarded.ts';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server that answers `/now` at once, and hands out the answer to everything else. */
async function start() {
  const held: ServerResponse[] = [];
  const sockets: Socket[] = [];
  const server = guardedHttpServer(
    (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/now') response.end('now');
      else {
        held.push(response);
        server.emit('held');
      }
    },
    newTally(),
    {},
  );
  server.on('connection', (socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  cleanups.push(() => {
    client.destroy();
    server.close();
  });
  let heard = '';
  client.setEncoding('utf8').on('data', (text) => (heard += text));
  const hearing = async (text: string) => {
    while (!heard.includes(text)) await once(client, 'data');
  };
  return { server, held, sockets, client, hearing, heard: () => heard };
}

const asks = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

/** The answers that a connection keeps. */
const keptBy = (socket: Socket) =>
  Object.getOwnPropertySymbols(socket)
    .filter(({ description }) => description === 'latest')
    .map((symbol) => (socket as unknown as Record<symbol, unknown>)[symbol])
    .filter(Boolean);

it('answers what was asked before it says what is wrong, in the order of asking', async () => {
  const { server, held, client, heard } = await start();
  const isHeld = once(server, 'held');
  client.write(`${asks('/later')}${asks('/now')}nonsense\r\n\r\n`);
  await isHeld;
  held[0]?.end('later');
  await once(client, 'close');
  const inOrder = heard().match(/\b(later|now|400 Bad Request|invalid HTTP)/g);
  expect(inOrder).toEqual(['later', 'now', '400 Bad Request', 'invalid HTTP']);
});

it.each([
  ['at once', '/now'],
  ['later', '/later'],
])('keeps nothing of an answer that has left: %s', async (_when, path) => {
  const { server, held, sockets, client, hearing } = await start();
  const isHeld = path === '/later' ? once(server, 'held') : undefined;
  client.write(asks(path));
  await isHeld;
  await new Promise(setImmediate);
  if (isHeld) expect(keptBy(sockets[0] as Socket)).toHaveLength(1);
  held[0]?.end('later');
  await hearing(path.slice(1));
  await new Promise(setImmediate);
  expect(keptBy(sockets[0] as Socket)).toHaveLength(0);
});

describe('a request that offers another protocol', () => {
  const offer = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n';

  /** The same server, with an ear for WebSockets. */
  async function startWithUpgrades() {
    const started = await start();
    onWebSocket(started.server, {}, (_request, socket) => socket.end('a WebSocket'));
    return started;
  }

  it('is answered as if it offered none, in its turn, and so is what follows on the connection', async () => {
    const { server, held, client, heard } = await startWithUpgrades();
    const isHeld = once(server, 'held');
    client.write(`${asks('/first')}GET /second HTTP/1.1\r\nhost: a\r\n${offer}\r\n`);
    await isHeld;
    held[0]?.end('first');
    while (held.length < 2) await once(server, 'held');
    expect(held[1]?.req.headers).toMatchObject({ host: 'a', 'http2-settings': 'AAMAAABk' });
    client.write(`${asks('/now')}nonsense\r\n\r\n`);
    held[1]?.end('second');
    await once(client, 'close');
    const inOrder = heard().match(/\b(first|second|now|400 Bad Request|invalid HTTP|a WebSocket)/g);
    expect(inOrder).toEqual(['first', 'second', 'now', '400 Bad Request', 'invalid HTTP']);
  });

  it('keeps its body', async () => {
    const { server, held, client, hearing } = await startWithUpgrades();
    const isHeld = once(server, 'held');
    client.write(`POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n${offer}\r\nbo`);
    await isHeld;
    client.write('dy');
    held[0]?.end(`${await text(held[0].req)} came`);
    await hearing('body came');
  });

  it('of a WebSocket is handed over', async () => {
    const { client, heard } = await startWithUpgrades();
    client.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n\r\n');
    await once(client, 'close');
    expect(heard()).toBe('a WebSocket');
  });
});
