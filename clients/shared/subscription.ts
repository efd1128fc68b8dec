import { isBatch, type Message, parseDelivery } from '../../servers/log/message.ts';
import { type Client, type ClientOptions, newCounters } from '../client.ts';
import { CreditWindow } from './credit.ts';
import { Ledger } from './ledger.ts';
import type { Connection, ConnectionEvents } from './openers.ts';
import { StayingConnected } from './reconnection.ts';

/**
 * What every pushed client shares: stay connected, come back with the cursor, keep the ledger.
 *
 *     client  ──open──►              ╳ broken  ··back-off··  ──open, after=8──►
 *             ◄─batch──[7]──[8]──                            ◄─batch [9 10]──[11]──
 *
 * Between messages it does nothing at all. Pausing stops reading at the socket: the kernel's buffers
 * fill, then the server's. With `credit` the server sends no more than was granted, so that nothing
 * fills: the first batch of a connection is empty then, and credit is granted in answer to it.
 */
export class Subscription implements Client {
  readonly ledger: Ledger;
  readonly counters = newCounters();
  readonly #connection: StayingConnected;
  readonly #credit: CreditWindow | undefined;
  #handle: (message: Message) => void = ignore;
  #onSubscribed: () => void = ignore;

  constructor(
    options: ClientOptions,
    open: (after: string | undefined, events: ConnectionEvents) => Connection,
  ) {
    this.ledger = new Ledger(options.after);
    this.#connection = new StayingConnected(
      (events) => {
        this.#credit?.close();
        return open(this.ledger.cursor, events);
      },
      (text) => this.#take(text),
      this.counters,
      options,
    );
    this.#credit =
      options.credit === undefined
        ? undefined
        : new CreditWindow(options.credit, (text) => this.#connection.send(text));
  }

  start(onMessage: (message: Message) => void): Promise<void> {
    this.#handle = onMessage;
    return new Promise((resolve) => {
      this.#onSubscribed = resolve;
      this.#connection.start();
    });
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  handled(count: number): void {
    this.#credit?.release(count);
  }

  async publish(body: string, dueMs: number): Promise<void> {
    this.#connection.send(JSON.stringify({ body, dueMs }));
  }

  stop(): void {
    this.#connection.stop();
  }

  /** Takes what came. Returns whether it was a batch, which shows that the server has let this client in. */
  #take(text: string): boolean {
    const delivery = parseDelivery(text);
    if (isBatch(delivery)) {
      const fresh = this.ledger.takeBatch(delivery);
      this.#credit?.take(delivery.messages.length);
      fresh.forEach(this.#handle);
      this.#credit?.release(delivery.messages.length - fresh.length);
      this.#onSubscribed();
      this.#onSubscribed = ignore;
      this.#credit?.open();
      return true;
    }
    this.#credit?.take(1);
    if (this.ledger.takeMessage(delivery)) this.#handle(delivery);
    else this.#credit?.release(1);
    return false;
  }
}

function ignore(): void {}
