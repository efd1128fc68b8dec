import type { Endpoint } from './meter/endpoint.ts';
import { type LongPollOptions, longPollServer } from './long-poll.ts';
import { type NotifyOptions, notifyServer } from './notify.ts';
import { pushServer } from './push.ts';
import { type ShortPollOptions, shortPollServer } from './short-poll.ts';
import type { MessageSource } from './source/source.ts';
import { sseServer } from './sse.ts';
import { tcpPushServer } from './tcp-push.ts';

/** Every way of delivering, by name. */
export const serversByName = {
  push: pushServer,
  sse: sseServer,
  'tcp-push': tcpPushServer,
  notify: notifyServer,
  'long-poll': longPollServer,
  'short-poll': shortPollServer,
};

export type ServerName = keyof typeof serversByName;

/** Options of all servers; each takes what concerns it. */
export type ServerOptions = NotifyOptions & LongPollOptions & ShortPollOptions;

/**
 * Starts the named servers on one source, each on its own port of `host`: `ports[i]` or any free one.
 * Rejects when a port is taken, or a server refuses an option; then none is left running.
 */
export async function startServers(
  source: MessageSource,
  names: readonly ServerName[],
  options: ServerOptions = {},
  ports: readonly number[] = [],
  host = '127.0.0.1',
): Promise<Map<ServerName, Endpoint>> {
  const endpoints = new Map<ServerName, Endpoint>();
  try {
    for (const name of names) endpoints.set(name, serversByName[name](source, options));
    const listening = [...endpoints.values()].map((endpoint, index) =>
      endpoint.listen(ports[index] ?? 0, host),
    );
    const failed = (await Promise.allSettled(listening)).find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return endpoints;
  } catch (error) {
    await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()));
    throw error;
  }
}
