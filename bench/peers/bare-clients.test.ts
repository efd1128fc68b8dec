import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type ServerName, serversByName } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import { Child } from '../harness/child.ts';
import type { BareHandlers } from './bare-clients-process.ts';
import { mark } from './message-line.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function startClients(): Child<BareHandlers> {
  const clients = new Child<BareHandlers>('../peers/bare-clients-process.ts');
  cleanups.push(() => clients.kill());
  return clients;
}

it.each([
  ['long-poll', 'lab-long-poll'],
  ['push', 'lab-websocket'],
  ['sse', 'lab-sse'],
] as const)('counts each message of %s once for each client', async (name: ServerName, language) => {
  const source = new EmbeddedSource();
  const server = serversByName[name](source, { framework: 'http' });
  await server.listen();
  cleanups.push(() => server.close());
  const clients = startClients();
  await clients.call('connectAll', { language, port: server.port, members: 20 });
  for (let seq = 1; seq <= 3; seq += 1) {
    source.log.append(`a message ${mark}`, 0);
    const { received, lastAtMs } = await clients.call('received', { messages: seq, limitMs: 10_000 });
    expect(received).toEqual(new Array(20).fill(seq));
    expect(lastAtMs).toHaveLength(seq);
  }
  // Whom the server has left leaves, too.
  await server.cut();
  await clients.call('disconnectAll', undefined);
});

it.each(['lab-long-poll', 'websocket'] as const)(
  '%s clients do not wait for a server that closes the connection',
  async (language) => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const gathered = startClients().call('connectAll', {
      language,
      port: (server.address() as AddressInfo).port,
      members: 3,
    });
    await expect(gathered).rejects.toThrow(/the server closed the connection|ECONNRESET/);
  },
);
