import { setTimeout as wait } from 'node:timers/promises';
import { pushClient } from '../../../clients/push.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import { MessageLog } from '../../../servers/log/message-log.ts';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import { type ServerName, type ServerOptions, startServers } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';

/** Few, so that an answer from the start of the log is short, and some of what is asked for has fallen off. */
const limitMessages = 50;

/** How often it looks whether somebody has gone. */
const lookEveryMs = 5;

/** Of the log of a server that is fuzzed: cursors that are right have to be known beforehand. */
export const logId = 'a1';

/**
 * A server to be spoken to, and a healthy client beside it on the same source, which has to get every message once.
 * `close` rejects when it did not, or when somebody is still connected who has hung up.
 */
export async function openServer(
  name: ServerName,
  options: ServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const source = new EmbeddedSource(new MessageLog({ limitMessages }, logId));
  const beside = (await startServers(source, ['push'])).get('push') as Endpoint;
  const endpoint = (await startServers(source, [name], options)).get(name) as Endpoint;
  const healthy = pushClient({ url: `ws://127.0.0.1:${beside.port}` }, nodeOpeners);
  await healthy.start(() => {});
  return {
    port: endpoint.port,
    async close() {
      try {
        const { seq } = await source.publish({ body: 'the last one' });
        while (healthy.ledger.seq < seq && healthy.counters.failures === 0) await wait(lookEveryMs);
        const { failures, lastFailure } = healthy.counters;
        if (failures > 0) throw new Error(`the healthy client was disconnected: ${lastFailure}`);
        const { gaps, missed, duplicated, reordered } = healthy.ledger;
        if (gaps + missed + duplicated + reordered > 0)
          throw new Error(
            `the healthy client lost ${gaps} messages, and received ${duplicated} twice and ${reordered} out of order`,
          );
        // What has hung up is gone after a moment, if anybody notices.
        while (endpoint.connections > 0) await wait(lookEveryMs);
      } finally {
        healthy.stop();
        await Promise.all([endpoint.close(), beside.close()]);
      }
    },
  };
}
