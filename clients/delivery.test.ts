import { afterEach, expect, it, vi } from 'vitest';
import { serversByName } from '../servers/serve.ts';
import { EmbeddedSource } from '../servers/source/embedded.ts';
import type { Client } from './client.ts';
import { clientsByName } from './clients.ts';
import { nodeOpeners } from './shared/openers-node.ts';
import { type TransportName, transportNames } from './transports.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(name: TransportName, source: EmbeddedSource) {
  const endpoint = serversByName[name](source);
  await endpoint.listen();
  cleanups.push(() => endpoint.close());
  return endpoint;
}

function open(name: TransportName, port: number): Client {
  const { scheme, open } = clientsByName[name];
  const client = open({ url: `${scheme}://127.0.0.1:${port}`, intervalMs: 20 }, nodeOpeners);
  cleanups.push(() => client.stop());
  return client;
}

it.each(transportNames)('%s: the server counts the bytes that pass its sockets', async (name) => {
  const source = new EmbeddedSource();
  const endpoint = await serve(name, source);
  const client = open(name, endpoint.port);
  const got = vi.fn();
  await client.start(got);
  const before = endpoint.bytes.toClients;
  source.log.append('x'.repeat(10_000), 0);
  await vi.waitFor(() => expect(got).toHaveBeenCalledOnce());
  expect(endpoint.bytes.toClients - before).toBeGreaterThan(10_000);
  expect(endpoint.bytes.toClients - before).toBeLessThan(11_500);
  expect(endpoint.bytes.toServer).toBeGreaterThan(0);
});

it('a long poll ends its subscription when the client goes away', async () => {
  const source = new EmbeddedSource();
  const endpoint = await serve('long-poll', source);
  const client = open('long-poll', endpoint.port);
  await client.start(() => {});
  await vi.waitFor(() => expect(source.log.subscribers).toBe(1));
  client.stop();
  await vi.waitFor(() => expect(source.log.subscribers).toBe(0));
  expect(endpoint.tally.requests).toBe(1);
});
