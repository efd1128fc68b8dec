import type { Counters } from '../client.ts';

export type SlotOptions = {
  /** Time from slot to slot. */
  intervalMs: number;
  /** Where in the interval this client's slots are, so that a crowd can be staggered. Default: at random. */
  phaseMs?: number;
  /** The instant from which slots are counted, in the units of `nowMs`. Default: the start. */
  originMs?: number;
  /** A monotonic clock. Default `performance.now`. */
  nowMs?: () => number;
};

/** A schedule of polls that doesn't slip: a slot that passes while a request is pending is missed, and counted. */
export class Slots {
  readonly #intervalMs: number;
  readonly #firstMs: number;
  readonly #nowMs: () => number;
  readonly #counters: Counters;
  #slot: number;

  constructor(options: SlotOptions, random: () => number, counters: Counters) {
    const { intervalMs, nowMs = () => performance.now() } = options;
    const { originMs = nowMs(), phaseMs = random() * intervalMs } = options;
    this.#intervalMs = intervalMs;
    this.#firstMs = originMs + phaseMs;
    this.#nowMs = nowMs;
    this.#counters = counters;
    this.#slot = this.#passed;
  }

  /** Skips the slots that have passed. */
  restart(): void {
    this.#slot = this.#passed;
  }

  /** Moves on to the next slot. Returns the milliseconds until then. */
  next(): number {
    // A timer may fire a little early; its slot does not come twice.
    const next = Math.max(this.#slot, this.#passed) + 1;
    this.#counters.missedSlots += next - this.#slot - 1;
    this.#slot = next;
    return this.#firstMs + next * this.#intervalMs - this.#nowMs();
  }

  get #passed(): number {
    return Math.floor((this.#nowMs() - this.#firstMs) / this.#intervalMs);
  }
}
