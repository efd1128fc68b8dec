import { BadInput, isBatch, type Message, parseDelivery } from '../../servers/log/message.ts';
import { type Counters, newCounters, type Receiver } from '../client.ts';
import { Ledger } from '../shared/ledger.ts';

/** A consumer of a broker's queue, from outside like any other client. */
export interface Consuming extends Receiver {
  readonly hand: Hand;
}

/** What every consumer is told. Who has the queue declares it, and binds it to `amq.topic` under the topic. */
export type ConsumingOptions = {
  /** Where the broker is, with name and password: `amqp://`, `mqtt://` or `stomp://`. */
  url: string;
  /** The queue that it has to itself. MQTT names its session so, and the broker makes the queue of that. */
  queue: string;
  /** What MQTT subscribes to. */
  topic: string;
  /** A cursor from an earlier life. Default: from the first message of the topic. */
  after?: string;
  /** Messages that the broker may send before any of them is acknowledged; 0: any number. For AMQP's consume and STOMP. Default 0. */
  prefetch?: number;
  /** MQTT's promise: 0 once at most, without acknowledgement; 1 once at least. Default 1. */
  qos?: 0 | 1;
};

/**
 * What a consumer of a broker has in its hand: messages that came and are not acknowledged, oldest first.
 *
 *     broker    ──[7]──[8]──[9]──►   in hand: 7 8 9        and no more, with a prefetch of 3
 *     consumer  ◄──ack 7──           in hand:   8 9        7 is handled
 *               ╳                    8 and 9 come again, marked as redelivered: to whoever comes next
 *
 * A message is acknowledged once it is handled, one by one. What comes again although it was handled is
 * counted as a duplicate, acknowledged, and handed over no more: at least once becomes once.
 */
export class Hand {
  readonly ledger: Ledger;
  readonly counters: Counters = newCounters();
  /** Messages that the broker marked as sent before. */
  redelivered = 0;
  /** The most that it ever held. */
  heldMax = 0;
  /** Messages that it has and has not acknowledged; with MQTT's QoS 0, not handled. */
  held = 0;
  /** How to acknowledge each message that is not handled yet; `undefined` where there is no way any more. */
  #acknowledgements: ((() => void) | undefined)[] = [];
  #handle: (message: Message) => void = () => {};

  constructor(after = 'broker:0') {
    this.ledger = new Ledger(after);
  }

  /** From now on hands messages over. */
  open(onMessage: (message: Message) => void): void {
    this.#handle = onMessage;
  }

  /** Takes what the broker has sent. What is no message is acknowledged and counted as a failure, or it would come again for ever. */
  take(text: string, isRedelivered: boolean, acknowledge: () => void): void {
    if (isRedelivered) this.redelivered += 1;
    const message = this.#read(text);
    if (!message || !this.ledger.takeMessage(message)) {
      acknowledge();
      return;
    }
    this.#acknowledgements.push(acknowledge);
    this.held += 1;
    this.heldMax = Math.max(this.heldMax, this.held);
    this.#handle(message);
  }

  /** So many more messages have been handled, the oldest first. */
  handled(count: number): void {
    for (const acknowledge of this.#acknowledgements.splice(0, count)) {
      if (!acknowledge) continue;
      this.held -= 1;
      acknowledge();
    }
  }

  /** The connection was lost. */
  lose(reason: string): void {
    this.counters.failures += 1;
    this.counters.lastFailure = reason;
    this.close();
  }

  /** There is no way any more to acknowledge what is in hand: the broker sends it again. */
  close(): void {
    this.#acknowledgements.fill(undefined);
    this.held = 0;
  }

  #read(text: string): Message | undefined {
    try {
      const delivery = parseDelivery(text);
      if (!isBatch(delivery)) return delivery;
      throw new BadInput('expected a single message, and not a batch');
    } catch (error) {
      this.counters.failures += 1;
      this.counters.lastFailure = (error as Error).message;
      return undefined;
    }
  }
}
