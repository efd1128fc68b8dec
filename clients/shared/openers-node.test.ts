import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeOpenersFrom } from './openers-node.ts';

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
describe.skipIf(process.platform !== 'linux')('with an address of its own', () => {
  const silent = { onText() {}, onEvent() {}, onClose() {} };

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
