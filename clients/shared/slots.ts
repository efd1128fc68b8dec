import type { Counters } from '../client.ts';

/** When a poll is due. */
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
  readonly #options: Required<SlotOptions>;
  readonly #counters: Counters;
  #slot: number;

  constructor(options: SlotOptions, random: () => number, counters: Counters) {
    const { intervalMs, nowMs = () => performance.now() } = options;
    const { originMs = nowMs(), phaseMs = random() * intervalMs } = options;
    this.#options = { intervalMs, phaseMs, originMs, nowMs };
    this.#counters = counters;
    this.#slot = this.#passed;
  }

  /** Skips the slots that have passed, from now on. */
  restart(): void {
    this.#slot = this.#passed;
  }

  /** Moves on to the next slot. Returns the milliseconds until then. */
  next(): number {
    // A timer may fire a little early; its slot does not come twice.
    const next = Math.max(this.#slot, this.#passed) + 1;
    this.#counters.missedSlots += next - this.#slot - 1;
    this.#slot = next;
    const { intervalMs, phaseMs, originMs, nowMs } = this.#options;
    return originMs + phaseMs + next * intervalMs - nowMs();
  }

  get #passed(): number {
    const { intervalMs, phaseMs, originMs, nowMs } = this.#options;
    return Math.floor((nowMs() - originMs - phaseMs) / intervalMs);
  }
}
