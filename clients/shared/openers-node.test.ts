import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { nodeOpeners, nodeOpenersFrom } from './openers-node.ts';

let server: Server;
const closings: (() => void)[] = [];

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const close of closings.splice(0)) close();
  server.close();
});

// Elsewhere 127.0.0.1 is the only address of the loopback.
describe.skipIf(process.platform !== 'linux')('with its own address', () => {
  const silent = { onText() {}, onClose() {} };

  it.each(['webSocket', 'tcp', 'events', 'http'] as const)('%s comes from there', async (name) => {
    const openers = nodeOpenersFrom('127.0.0.9');
    const { port } = server.address() as AddressInfo;
    const came = once(server, 'connection');
    const at = `127.0.0.1:${port}`;
    if (name === 'http') {
      const http = openers.http(`http://${at}`, { silenceLimitMs: 1000 });
      http.ask('GET', '/').catch(() => {});
      closings.push(() => http.close());
    } else {
      const opened =
        name === 'webSocket'
          ? openers.webSocket(`ws://${at}`, silent)
          : name === 'tcp'
            ? openers.tcp(`tcp://${at}`, silent)
            : openers.events(`http://${at}`, undefined, silent);
      closings.push(() => opened.close());
    }
    const [socket] = (await came) as [Socket];
    closings.push(() => socket.destroy());
    expect(socket.remoteAddress).toBe('127.0.0.9');
  });
});

it('answers the newest of many pings, as a client finds them that was paused, and stays connected', async () => {
  const pinging = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closings.push(() => pinging.close());
  await once(pinging, 'listening');
  const pongs: string[] = [];
  pinging.on('connection', (socket) => {
    socket.on('pong', (data) => pongs.push(String(data)));
    for (let count = 1; count <= 200; count += 1) socket.ping(`${count}`);
  });
  const onClose = vi.fn();
  const { port } = pinging.address() as AddressInfo;
  const connection = nodeOpeners.webSocket(`ws://127.0.0.1:${port}`, { onText() {}, onClose });
  closings.push(() => connection.close());
  await vi.waitFor(() => expect([pongs.at(-1), onClose.mock.calls]).toEqual(['200', []]));
  expect(pongs.length).toBeLessThan(200);
});
