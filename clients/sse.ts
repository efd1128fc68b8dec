import { invalid } from '../servers/log/message.ts';
import type { Client, ClientOptions } from './client.ts';
import type { Http, Openers } from './shared/openers.ts';
import { postMessage, publisherOf } from './shared/poll.ts';
import { Subscription } from './shared/subscription.ts';

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
    throw new Error(invalid('credit', options.credit, 'none, since clients can’t grant credit over SSE'));
  return new SseClient(options, openers);
}

class SseClient extends Subscription {
  readonly #http: Http;

  constructor(options: ClientOptions, openers: Pick<Openers, 'events' | 'http'>) {
    super(options, (after, { onText, onClose }) =>
      Object.assign(openers.events(`${options.url}/messages`, after, { onEvent: onText, onClose }), {
        send() {},
      }),
    );
    this.#http = publisherOf(options, openers);
  }

  override publish(body: string, dueMs: number): Promise<void> {
    return postMessage(this.#http, body, dueMs);
  }

  override stop(): void {
    super.stop();
    this.#http.close();
  }
}
