import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientsByName } from '../../../clients/clients.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import { transportNames } from '../../../clients/transports.ts';
import { MessageLog } from '../../../servers/log/message-log.ts';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import { startServers } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { Attacker, attacks, attacksOn } from './attacks.ts';
import { variants } from './healthy-client.ts';

/** A healthy client gets each message once during every attack. `npm run robustness -- attacks` measures how quickly. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const patience = { timeout: 60_000, interval: 2 };

describe.each(variants)('a healthy client of $server on $framework', ({ server: name, framework }) => {
  it.each(attacksOn(name).map((attack) => [attack.name, attack] as const))(
    'gets every message once during %s',
    async (_what, attack) => {
      const source = new EmbeddedSource(new MessageLog({}, 'a1'));
      for (let count = 0; count < 20; count += 1) await source.publish({ body: 'before'.repeat(1000) });
      const options = {
        framework,
        holdMs: 500,
        limits: { connections: 40, connectionsTold: 10, goodbyeMs: 100 },
      };
      const endpoint = (await startServers(source, [name], options)).get(name) as Endpoint;
      cleanups.push(() => endpoint.close());
      const { scheme, open } = clientsByName[name];
      const handled: number[] = [];
      const client = open({ url: `${scheme}://127.0.0.1:${endpoint.port}`, intervalMs: 20 }, nodeOpeners);
      cleanups.push(() => client.stop());
      await client.start(({ seq }) => handled.push(seq));
      const attacker = new Attacker(endpoint.port);
      cleanups.push(() => attacker.stop());
      const wanted: number[] = [];
      for (let count = 0; count < 20; count += 1) {
        attacker.strike(attack);
        const { seq } = await source.publish({ body: `message ${count}` });
        wanted.push(seq);
        await new Promise(setImmediate);
      }
      const last = wanted.at(-1);
      await vi.waitFor(() => expect(handled.at(-1)).toBeGreaterThanOrEqual(last as number), patience);
      // Attacks publish messages too.
      expect(handled.filter((seq) => wanted.includes(seq))).toEqual(wanted);
      expect(new Set(handled).size).toBe(handled.length);
      expect(client.counters.failures).toBe(0);
      await attacker.stop();
      const own = name === 'notify' ? 2 : 1;
      await vi.waitFor(() => expect(endpoint.connections).toBeLessThanOrEqual(own), patience);
    },
  );
});

it('has something to do to every server', () => {
  for (const name of transportNames) expect(attacksOn(name).length).toBeGreaterThan(3);
  expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
});
