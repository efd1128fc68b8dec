import { type Cursor, formatCursor, type Publication, parseNotice } from '../servers/log/message.ts';
import type { Client, ClientOptions } from './client.ts';
import type { Openers } from './shared/openers.ts';
import { Poll } from './shared/poll.ts';
import { Reconnection } from './shared/reconnection.ts';

/**
 * Receives by notify-then-fetch: the server says that there are messages, and the client polls when it wants them.
 *
 *     client  ◄─{next:8}─  ──GET after=6──►◄─[7 8]──   (paused) ◄─{next:9}─◄─{next:11}─   ──GET after=8──►
 *
 * A notice that arrives during a poll replaces the one before it. Costs an open connection, and a request for all
 * messages that are announced in a round trip, or in the client's own interval.
 */
export type NotifyClientOptions = ClientOptions & {
  /** The least time from one poll to the next: the client's own pace. Default 0. */
  intervalMs?: number;
};

export function notifyClient(
  options: NotifyClientOptions,
  openers: Pick<Openers, 'webSocket' | 'http'>,
): Client {
  return new NotifyClient(options, openers);
}

class NotifyClient extends Poll {
  readonly #intervalMs: number;
  readonly #connection: Reconnection;
  #announced: Cursor | undefined;

  constructor(options: NotifyClientOptions, openers: Pick<Openers, 'webSocket' | 'http'>) {
    super(options, { http: (origin, how) => openers.http(origin.replace(/^ws/, 'http'), how) });
    this.#intervalMs = options.intervalMs ?? 0;
    this.#connection = new Reconnection(
      (events) => openers.webSocket(`${options.url}/messages`, events),
      (text) => this.#onNotice(text),
      this.counters,
      options,
    );
  }

  protected override connect(): void {
    this.#connection.start();
    void this.run();
  }

  protected async run(): Promise<void> {
    while (await this.until(() => this.more || this.ledger.isBehind(this.#announced))) {
      if (!(await this.ask())) await this.backOff();
      else if (!this.more && this.#intervalMs > 0) await this.sleep(this.#intervalMs);
    }
  }

  protected override send(publication: Publication & { id: string }): Promise<void> {
    return this.#connection.publish(publication);
  }

  override stop(): void {
    super.stop();
    this.#connection.stop();
  }

  #onNotice(text: string): void {
    this.#announced = parseNotice(text);
    // Without a cursor the client begins where the log ends now.
    if (!this.ledger.cursor) this.take({ messages: [], next: formatCursor(this.#announced), missed: 0 });
    this.acknowledge();
    this.wake();
  }
}
