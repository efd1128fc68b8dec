import type { Client, ClientOptions } from './client.ts';
import type { Openers } from './openers.ts';
import { postMessage, publisherOf } from './poll.ts';
import { subscription } from './subscription.ts';

/**
 * Receives by push over plain HTTP: sends one request and reads the answer for as long as it lasts.
 *
 *     client  ──GET, Last-Event-ID: a1:6──►          (a second connection)  ──POST {"body":"hi"}──►
 *             ◄─200──batch──[7]──[8]────────[9]──                           ◄─201──
 *
 * Costs the client what WebSocket push does, and a second connection once it publishes. With nothing
 * but answers on its connection it can't grant credit. Throws an `Error` when it is told to.
 */
export function sseClient(options: ClientOptions, openers: Pick<Openers, 'events' | 'http'>): Client {
  if (options.credit !== undefined)
    throw new Error(`credit is ${options.credit}: SSE has no way back on which to grant it`);
  const client = subscription(options, (after, { onText, onClose }) =>
    Object.assign(openers.events(`${options.url}/messages`, after, { onEvent: onText, onClose }), {
      send() {},
    }),
  );
  const http = publisherOf(options, openers);
  return {
    ...client,
    publish: (body, dueMs) => postMessage(http, body, dueMs),
    stop() {
      client.stop();
      http.close();
    },
  };
}
