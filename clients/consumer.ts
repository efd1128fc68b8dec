import type { Message } from '../servers/log/message.ts';

/**
 * What a client does with a message, and how long it takes: this is what makes a client overwhelmed.
 *
 *     arrived  ──►[ inbox ]──► one at a time, handlingMs each ──► handled
 *                  full: pause reading          half empty: read on
 *
 * A handler that merely sleeps is not slow at the transport: messages are read and pile up in the
 * inbox. Only a client that stops reading pushes back. With `inboxLimit` it does; without (`Infinity`)
 * it never pauses, as in a browser, and the load lies here instead of in the server.
 */
export type ConsumerOptions = {
  /** Time to handle one message; 0 handles it at once. */
  handlingMs: number;
  /** Messages that may wait before reading is paused. Default 10. */
  inboxLimit?: number;
  pause(): void;
  resume(): void;
  handle(message: Message): void;
  /** Is told that so many more messages have been handled, or given up: there is room for as many. */
  handled?(count: number): void;
};

export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #inboxLimit: number;
  #handlingMs: number;
  readonly #inbox: Message[] = [];
  #paused = false;
  #busy = false;
  #doneAtMs = 0;
  /** Counts how often it forgot what it had: what was under way then ends for nobody. */
  #lives = 0;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#inboxLimit = options.inboxLimit ?? 10;
    this.#handlingMs = options.handlingMs;
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** From now on takes so long for one message; 0 also handles at once what waits, and reads on. */
  setHandlingMs(handlingMs: number): void {
    this.#handlingMs = handlingMs;
    if (handlingMs > 0) return;
    const waiting = this.#inbox.splice(0);
    for (const message of waiting) this.#options.handle(message);
    this.#readOn(waiting.length);
  }

  /** Takes in a message that has arrived. */
  take(message: Message): void {
    if (this.#handlingMs === 0) {
      this.#options.handle(message);
      this.#options.handled?.(1);
      return;
    }
    this.#inbox.push(message);
    if (this.#inbox.length >= this.#inboxLimit && !this.#paused) {
      this.#paused = true;
      this.#options.pause();
    }
    if (this.#busy) return;
    this.#doneAtMs = performance.now();
    this.#handleNext();
  }

  /** Gives up what waits, unhandled, and reads on; what comes from now on is handled at once. Returns how many that were. */
  giveUp(): number {
    this.#handlingMs = 0;
    const waiting = this.#inbox.splice(0).length;
    this.#readOn(waiting);
    return waiting;
  }

  /** Loses what waits and what is under way, as a process that dies. */
  forget(): void {
    this.#inbox.length = 0;
    this.#lives += 1;
    this.#busy = false;
    this.#paused = false;
    this.#doneAtMs = performance.now();
  }

  #readOn(handled: number): void {
    if (handled > 0) this.#options.handled?.(handled);
    if (this.#paused) this.#options.resume();
    this.#paused = false;
  }

  #handleNext(): void {
    const message = this.#inbox.shift();
    this.#busy = message !== undefined;
    if (!message) return;
    this.#options.handle(message);
    if (this.#paused && this.#inbox.length <= this.#inboxLimit / 2) {
      this.#paused = false;
      this.#options.resume();
    }
    // Counted from the planned end of the one before, so that a late timer does not make a slower client.
    const nowMs = performance.now();
    this.#doneAtMs = Math.max(nowMs - 2 * this.#handlingMs, this.#doneAtMs) + this.#handlingMs;
    const life = this.#lives;
    setTimeout(() => {
      if (life !== this.#lives) return;
      this.#options.handled?.(1);
      this.#handleNext();
    }, this.#doneAtMs - nowMs);
  }
}
