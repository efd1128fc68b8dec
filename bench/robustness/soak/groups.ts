import type { ClientOptions } from '../../../clients/client.ts';
import type { TransportName } from '../../../clients/transports.ts';
import type { ServerOptions } from '../../../servers/serve.ts';

/** Clients of one kind, and their server. */
export type SoakGroup = {
  name: string;
  transport: TransportName;
  server: ServerOptions;
  client?: Pick<ClientOptions, 'contract' | 'credit' | 'keepAlive'>;
};

/** Every transport, and every overflow policy. Limits are low enough to be reached. */
export const soakGroups: readonly SoakGroup[] = [
  { name: 'push, disconnect', transport: 'push', server: { policy: 'disconnect', limitBytes: 256 * 1024 } },
  { name: 'push, drop-oldest', transport: 'push', server: { policy: 'drop-oldest' } },
  { name: 'push, credit', transport: 'push', server: { policy: 'credit' }, client: { credit: 5 } },
  { name: 'sse, conflate', transport: 'sse', server: { policy: 'conflate' } },
  { name: 'tcp-push, drop-newest', transport: 'tcp-push', server: { policy: 'drop-newest' } },
  { name: 'notify', transport: 'notify', server: {} },
  { name: 'long-poll', transport: 'long-poll', server: { holdMs: 2000 } },
  { name: 'short-poll', transport: 'short-poll', server: {} },
  {
    name: 'short-poll, latest, reconnecting',
    transport: 'short-poll',
    server: { framework: 'http' },
    client: { contract: 'latest', keepAlive: false },
  },
];
