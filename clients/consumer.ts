import type { Message } from '../servers/log/message.ts';
import { setTimer } from './shared/timer.ts';

/**
 * The application: it handles one message at a time, and takes a while for each, as a slow consumer does.
 *
 *     arrived  ──►[ inbox ]──► one at a time, handlingMs each ──► handled
 *                  full: pause reading          half empty: read on
 *
 * Only a client that stops reading causes backpressure. With `inboxLimit` it does; with `Infinity` it never pauses, as
 * in a browser, and the messages pile up here instead of in the server.
 */
export type ConsumerOptions = {
  /** Time to handle one message; 0 handles it at once. */
  handlingMs: number;
  /** Messages that may wait before reading is paused. Default 10. */
  inboxLimit?: number;
  pause(): void;
  resume(): void;
  handle(message: Message): void;
  /** Called when messages have been handled, or given up: there is room for as many. */
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
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#inboxLimit = options.inboxLimit ?? 10;
    this.#handlingMs = options.handlingMs;
  }

  get waiting(): number {
    return this.#inbox.length;
  }

  /** Sets the time for one message; 0 also handles at once all that waits, and reads on. */
  setHandlingMs(handlingMs: number): void {
    this.#handlingMs = handlingMs;
    if (handlingMs > 0) return;
    const waiting = this.#inbox.splice(0);
    for (const message of waiting) this.#options.handle(message);
    this.#readOn(waiting.length);
  }

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

  /** Gives up the waiting messages, unhandled, and reads on; later ones are handled at once. Returns their number. */
  giveUp(): number {
    this.#handlingMs = 0;
    const waiting = this.#inbox.splice(0).length;
    this.#readOn(waiting);
    return waiting;
  }

  /** Loses the messages that wait or are being handled, as a process that dies. */
  forget(): void {
    this.#inbox.length = 0;
    clearTimeout(this.#timer);
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
    // From the scheduled end of the message before, so that a late timer doesn't make the client slower.
    const nowMs = performance.now();
    this.#doneAtMs = Math.max(nowMs - 2 * this.#handlingMs, this.#doneAtMs) + this.#handlingMs;
    this.#timer = setTimer(() => {
      this.#options.handled?.(1);
      this.#handleNext();
    }, this.#doneAtMs - nowMs);
  }
}
