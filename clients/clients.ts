import type { Client } from './client.ts';
import { longPollClient } from './long-poll.ts';
import { notifyClient } from './notify.ts';
import { pushClient } from './push.ts';
import type { Openers } from './shared/openers.ts';
import { type ShortPollClientOptions, shortPollClient } from './short-poll.ts';
import { sseClient } from './sse.ts';
import { tcpPushClient } from './tcp-push.ts';
import type { TransportName } from './transports.ts';

export const clientsByName: Record<
  TransportName,
  { scheme: 'ws' | 'http' | 'tcp'; open: (options: ShortPollClientOptions, openers: Openers) => Client }
> = {
  push: { scheme: 'ws', open: pushClient },
  sse: { scheme: 'http', open: sseClient },
  'tcp-push': { scheme: 'tcp', open: tcpPushClient },
  notify: { scheme: 'ws', open: notifyClient },
  'long-poll': { scheme: 'http', open: longPollClient },
  'short-poll': { scheme: 'http', open: shortPollClient },
};
