import { BadInput, type Batch, isBatch, type Message, parseDelivery } from '../../servers/log/message.ts';
import { type Counters, newCounters, type Receiver } from '../client.ts';
import { callHandler } from '../shared/base-client.ts';
import { Ledger } from '../shared/ledger.ts';

/** A consumer of a broker's queue. */
export interface Consuming extends Receiver {
  readonly inFlight: InFlight;
}

/** Makes a consumer. Most have nothing to pause: a busy consumer doesn't acknowledge. */
export function consuming(
  inFlight: InFlight,
  { start, stop, ...more }: Partial<Receiver> & { start(): Promise<void>; stop(): void },
): Consuming {
  const { ledger, counters } = inFlight;
  return {
    inFlight,
    ledger,
    counters,
    start(onMessage) {
      inFlight.open(onMessage);
      return start();
    },
    pause() {},
    resume() {},
    handled: (count) => inFlight.handled(count),
    stop() {
      inFlight.close();
      stop();
    },
    ...more,
  };
}

/** The caller declares the queue, and binds it to `amq.topic` under the topic. */
export type ConsumingOptions = {
  /** Where the broker is, with name and password: `amqp://`, `mqtt://` or `stomp://`. */
  url: string;
  /** The consumer's private queue. MQTT names its session so, and the broker makes the queue of that. */
  queue: string;
  /** The topic that MQTT subscribes to. */
  topic: string;
  /** The cursor of an earlier consumer, to continue from there. Default: from the first message of the topic. */
  after?: string;
  /** Messages that the broker may send before any of them is acknowledged; 0: any number. For AMQP's consume and STOMP. Default 0. */
  prefetch?: number;
  /** MQTT's quality of service: 0 at most once, without acknowledgement; 1 at least once. Default 1. */
  qos?: 0 | 1;
};

/**
 * The messages that a broker has sent and the consumer has not acknowledged, oldest first.
 *
 *     broker    ──[7]──[8]──[9]──►   in flight: 7 8 9        and no more, with a prefetch of 3
 *     consumer  ◄──ack 7──           in flight:   8 9        7 is handled
 *               ╳                    the next consumer gets 8 and 9, marked as redelivered
 *
 * A message is acknowledged once it is handled, one by one. A redelivered message that was handled already is counted
 * as a duplicate, acknowledged, and not handed over: at least once becomes once.
 */
export class InFlight {
  readonly ledger: Ledger;
  readonly counters: Counters = newCounters();
  /** Messages that the broker has marked so. */
  redelivered = 0;
  maxInFlight = 0;
  /** Messages in flight; with MQTT's QoS 0, messages that are not handled. */
  count = 0;
  /** How to acknowledge each message that is not handled yet; `undefined` after its connection is lost. */
  #acknowledgements: ((() => void) | undefined)[] = [];
  #handle: (message: Message) => void = () => {};

  constructor(after = 'broker:0') {
    this.ledger = new Ledger(after);
  }

  open(onMessage: (message: Message) => void): void {
    this.#handle = onMessage;
  }

  /** Takes a delivery. One that is not a message is acknowledged, or the broker would redeliver it again and again. */
  take(text: string, isRedelivered: boolean, acknowledge: () => void): void {
    if (isRedelivered) this.redelivered += 1;
    let message: Message | Batch | undefined;
    try {
      message = parseDelivery(text);
      if (isBatch(message)) throw new BadInput('unexpected batch: expected a single message');
    } catch (error) {
      this.#countFailure((error as Error).message);
      return void acknowledge();
    }
    if (!this.ledger.takeMessage(message)) return void acknowledge();
    this.#acknowledgements.push(acknowledge);
    this.count += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.count);
    callHandler(this.#handle, message);
  }

  /** The oldest `count` messages have been handled. */
  handled(count: number): void {
    for (const acknowledge of this.#acknowledgements.splice(0, count)) {
      if (!acknowledge) continue;
      this.count -= 1;
      acknowledge();
    }
  }

  /** The connection was lost. */
  lose(reason: string): void {
    this.#countFailure(reason);
    this.close();
  }

  /** Nothing in flight can be acknowledged any more: the broker redelivers it. */
  close(): void {
    this.#acknowledgements.fill(undefined);
    this.count = 0;
  }

  #countFailure(reason: string): void {
    this.counters.failures += 1;
    this.counters.lastFailure = reason;
  }
}
