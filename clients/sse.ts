import type { Client, ClientOptions } from './client.ts';
import type { Openers } from './shared/openers.ts';
import { HttpPublisher } from './shared/publisher.ts';
import { Subscription } from './shared/subscription.ts';

/**
 * Receives by push over plain HTTP: sends one request and reads the response for as long as it lasts.
 *
 *     client  ──GET, Last-Event-ID: a1:6──►          (a second connection)  ──POST {"body":"hi"}──►
 *             ◄─200──batch──[7]──[8]────────[9]──                           ◄─201 {"seq":10}──
 *
 * Costs the client as much as WebSocket push, and a second connection once it publishes. It can't send on the
 * first one, so it can't grant credit: that option throws an `Error`.
 */
export function sseClient(options: ClientOptions, openers: Pick<Openers, 'events' | 'http'>): Client {
  if (options.credit !== undefined)
    throw new Error(`Invalid credit ${options.credit}: SSE has no way to grant it. Use push or tcp-push.`);
  return new Subscription(
    options,
    (after, events) => openers.events(`${options.url}/messages`, after, events),
    new HttpPublisher(options, openers),
  );
}
