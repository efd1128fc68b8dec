import type { Client, ClientOptions } from './client.ts';
import type { Openers } from './shared/openers.ts';
import { Poll } from './shared/poll.ts';
import { type SlotOptions, Slots } from './shared/slots.ts';

/**
 * Receives by short polling: polls at fixed slots, whatever the responses are.
 *
 *     slots       |         |         |         |         |
 *     client   ──►|◄──   ──►|◄──   ──►|···········|◄──  ──►|◄──
 *                                      a slow response: this slot is missed, and counted
 *
 * The schedule does not slip when the server is slow: a slow server causes missed slots and higher latency, not a
 * client that polls less. Costs a request per interval, with or without messages.
 */
export type ShortPollClientOptions = ClientOptions & SlotOptions;

export function shortPollClient(options: ShortPollClientOptions, openers: Pick<Openers, 'http'>): Client {
  return new ShortPoll(options, openers);
}

class ShortPoll extends Poll {
  readonly #slots: Slots;
  #isAsking = false;

  constructor(options: ShortPollClientOptions, openers: Pick<Openers, 'http'>) {
    super(options, openers);
    this.#slots = new Slots(options, options.random ?? Math.random, this.counters);
  }

  protected async run(): Promise<void> {
    while (!this.ledger.cursor && !this.isStopped) if (!(await this.ask())) await this.backOff();
    // A client that has a cursor knows its place, and keeps to its slots.
    this.acknowledge();
    this.#slots.restart();
    while (await this.sleep(this.#slots.next())) {
      if (this.#isAsking || this.isPaused) this.counters.missedSlots += 1;
      else void this.#askForAll();
    }
  }

  /** A poll that fails is counted; the next slot is the next try. */
  async #askForAll(): Promise<void> {
    this.#isAsking = true;
    do await this.ask();
    while (this.more && !this.isPaused && !this.isStopped);
    this.#isAsking = false;
  }
}
