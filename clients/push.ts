import type { Client, ClientOptions } from './client.ts';
import type { Openers } from './shared/openers.ts';
import { Subscription } from './shared/subscription.ts';

/**
 * Receives by WebSocket push: connects once, then listens. Publishes over the same socket.
 *
 *     client  ──connect──►                      ──{"body":"hi"}──►
 *             ◄─batch──[7]──[8]──────────[9]──                    ◄─[10]──{"published":10}──
 *
 * Costs the client an open connection and, while there are no messages, a pong for every ping. With `credit` the
 * client also says how much it can take, and the server waits for that:
 *
 *     client  ──{"credit":4}──►                   ──{"credit":2}──►   2 of them are handled
 *             ◄─batch──        ◄─[7]─[8]─[9]─[10]─                 ◄─[11]─[12]─
 */
export function pushClient(options: ClientOptions, openers: Pick<Openers, 'webSocket'>): Client {
  return new Subscription(options, (after, events) => {
    const query = after ? `?after=${after}` : '';
    return openers.webSocket(`${options.url}/messages${query}`, events);
  });
}
