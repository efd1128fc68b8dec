import { isBatch, type Message, type Publication, parseDelivery } from '../../servers/log/message.ts';
import type { ClientOptions } from '../client.ts';
import { BaseClient } from './base-client.ts';
import { CreditWindow } from './credit.ts';
import type { Connection, ConnectionEvents } from './openers.ts';
import type { HttpPublisher } from './publisher.ts';
import { Reconnection } from './reconnection.ts';

/**
 * What pushed clients share: they reconnect with their cursor.
 *
 *     client  ──open──►              ╳ broken  ··back-off··  ──open, after=8──►
 *             ◄─batch──[7]──[8]──                            ◄─batch [9 10]──[11]──
 *
 * `pause()` stops reading at the socket: the kernel's buffers fill, then the server's. With `credit` the server sends
 * no more than was granted: the first batch of a connection is empty, and the client grants credit in response.
 */
export class Subscription extends BaseClient {
  readonly #connection: Reconnection;
  readonly #credit: CreditWindow | undefined;
  readonly #publisher: HttpPublisher | undefined;

  /** Publishes over its connection, or by the `publisher`. */
  constructor(
    options: ClientOptions,
    open: (after: string | undefined, events: ConnectionEvents) => Connection,
    publisher?: HttpPublisher,
  ) {
    super(options);
    this.#publisher = publisher;
    this.#connection = new Reconnection(
      (events) => {
        this.discard();
        this.#credit?.close();
        return open(this.ledger.cursor, events);
      },
      (text) => this.#onText(text),
      this.counters,
      options,
    );
    if (options.credit !== undefined)
      this.#credit = new CreditWindow(options.credit, (text) => this.#connection.send(text));
  }

  protected connect(): void {
    this.#connection.start();
  }

  override pause(): void {
    super.pause();
    this.#connection.pause();
  }

  override resume(): void {
    super.resume();
    this.#connection.resume();
  }

  handled(count: number): void {
    this.#credit?.release(count);
  }

  protected send(publication: Publication & { id: string }): Promise<void> {
    return (this.#publisher ?? this.#connection).publish(publication);
  }

  override stop(): void {
    super.stop();
    this.#connection.stop();
    this.#publisher?.close();
  }

  protected override hand(message: Message): void {
    this.#credit?.take();
    super.hand(message);
  }

  #onText(text: string): void {
    const delivery = parseDelivery(text);
    this.take(delivery);
    if (isBatch(delivery)) this.#credit?.open();
  }
}
