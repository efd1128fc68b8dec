import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { serversByName } from '../servers/serve.ts';
import { EmbeddedSource } from '../servers/source/embedded.ts';
import { clientsByName } from './clients.ts';
import { nodeOpeners } from './shared/openers-node.ts';
import { transportNames } from './transports.ts';

/**
 * Silence: a server that has stopped, or a cable that was cut, breaks no connection.
 *
 *     client  ────────►  relay ▐        server        nothing comes any more, and nothing says so
 *             ╳ after the limit ──────► relay ──────► … with the cursor
 */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Passes bytes on until it is cut like a cable: then it still takes connections, and passes nothing. */
async function openCable(port: number) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer({ noDelay: true }, (near) => {
    const far = isCut ? undefined : connect({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      if (!socket) continue;
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    if (far) near.pipe(far).pipe(near);
    near.on('close', () => far?.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend() {
      isCut = false;
    },
  };
}

async function subscribe(name: (typeof transportNames)[number], { silenceLimitMs = 150, heartbeatMs = 15 }) {
  const source = new EmbeddedSource();
  const endpoint = serversByName[name](source, { heartbeatMs, holdMs: 15 });
  await endpoint.listen();
  cleanups.push(() => endpoint.close());
  const cable = await openCable(endpoint.port);
  const { scheme, open } = clientsByName[name];
  const url = `${scheme}://127.0.0.1:${cable.port}`;
  const client = open({ url, intervalMs: 10, silenceLimitMs, random: () => 0.1 }, nodeOpeners);
  cleanups.push(() => client.stop());
  const got: number[] = [];
  await client.start(({ seq }) => got.push(seq));
  return { source, endpoint, cable, client, got };
}

describe.each(transportNames)('%s', (name) => {
  it('gives up a connection on which nothing comes, says so, and comes back with its cursor', async () => {
    const { source, cable, client, got } = await subscribe(name, {});
    source.log.append('one', 0);
    await vi.waitFor(() => expect(got).toEqual([1]));
    cable.cut();
    source.log.append('two', 0);
    await vi.waitFor(() => expect(client.counters.lastFailure).toBe('received nothing for 0.15 s'));
    cable.mend();
    source.log.append('three', 0);
    await vi.waitFor(() => expect(got).toEqual([1, 2, 3]));
    expect(client.counters.failures).toBeGreaterThan(0);
    expect(client.ledger).toMatchObject({ gaps: 0, missed: 0, duplicated: 0, reordered: 0 });
  });
});

describe.each(['push', 'sse', 'tcp-push', 'notify'] as const)('%s', (name) => {
  it('takes a heartbeat for a sign of life', async () => {
    const { source, endpoint, client, got } = await subscribe(name, {});
    const before = endpoint.bytes.toClients;
    // So many heartbeats take several times the limit.
    await vi.waitFor(() => expect(endpoint.bytes.toClients - before).toBeGreaterThan(2 * 60));
    source.log.append('one', 0);
    await vi.waitFor(() => expect(got).toEqual([1]));
    expect(client.counters).toMatchObject({ failures: 0 });
  });
});

it.each(['push', 'sse', 'tcp-push'] as const)(
  '%s does not hold against the server what it does not read itself',
  async (name) => {
    const { source, endpoint, client, got } = await subscribe(name, {});
    client.pause();
    const before = endpoint.bytes.toClients;
    await vi.waitFor(() => expect(endpoint.bytes.toClients - before).toBeGreaterThan(2 * 30));
    source.log.append('one', 0);
    client.resume();
    await vi.waitFor(() => expect(got).toEqual([1]));
    expect(client.counters).toMatchObject({ failures: 0 });
  },
  20_000,
);
