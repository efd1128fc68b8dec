import { setTimeout as wait } from 'node:timers/promises';
import { pushClient } from '../../../clients/push.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import { MessageLog } from '../../../servers/log/message-log.ts';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import { type ServerName, type ServerOptions, startServers } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';

/** Few, so that responses are short, and some cursors are older than the log. */
const limitMessages = 50;

const checkEveryMs = 5;

/** Known in advance, so that inputs can contain valid cursors. */
const logId = 'a1';

/**
 * Starts a server, and a healthy client of another server on the same source, which must get every message once.
 * `close` rejects when it did not, and waits until the server has noticed every disconnect.
 */
export async function openServer(
  name: ServerName,
  options: ServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const source = new EmbeddedSource(new MessageLog({ limitMessages }, logId));
  const other = (await startServers(source, ['push'])).get('push') as Endpoint;
  const endpoint = (await startServers(source, [name], options)).get(name) as Endpoint;
  const healthy = pushClient({ url: `ws://127.0.0.1:${other.port}` }, nodeOpeners);
  await healthy.start(() => {});
  return {
    port: endpoint.port,
    async close() {
      try {
        const { seq } = await source.publish({ body: 'the last one' });
        while (healthy.ledger.seq < seq && healthy.counters.failures === 0) await wait(checkEveryMs);
        const { failures, lastFailure } = healthy.counters;
        if (failures > 0) throw new Error(`the healthy client was disconnected: ${lastFailure}`);
        const { gaps, missed, duplicated, reordered } = healthy.ledger;
        if (gaps + missed + duplicated + reordered > 0)
          throw new Error(
            `the healthy client lost ${gaps} messages, and received ${duplicated} twice and ${reordered} out of order`,
          );
        while (endpoint.connections > 0) await wait(checkEveryMs);
      } finally {
        healthy.stop();
        await Promise.all([endpoint.close(), other.close()]);
      }
    },
  };
}
