import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import autocannon from 'autocannon';
import type { Probed } from './wire-bytes.ts';

const answerMs = 100;
const ratePerSecond = 5;

/**
 * Asks a server that always takes 100 ms five times a second, and reads autocannon's percentiles with
 * its correction for coordinated omission and without. Here nothing was omitted, so the right median
 * is what the server took.
 */
export async function probeAutocannon({ durationMs }: { durationMs: number }): Promise<Probed[]> {
  const server = createServer((_request, response) => setTimeout(() => response.end('{}'), answerMs));
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const load = { url, connections: 1, connectionRate: ratePerSecond, duration: Math.ceil(durationMs / 1000) };
  const [corrected, plain] = await Promise.all([
    autocannon(load),
    autocannon({ ...load, ignoreCoordinatedOmission: true }),
  ]);
  server.close();
  return [
    {
      name: 'autocannon',
      title: 'autocannon’s median of a server that always takes 100 ms',
      values: {
        answerMs,
        ratePerSecond,
        correctedP50Ms: corrected.latency.p50,
        ignoringP50Ms: plain.latency.p50,
        requests: plain.requests.total,
      },
    },
  ];
}
