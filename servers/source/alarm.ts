import { Worker } from 'node:worker_threads';

/**
 * Calls `ring` once at an instant of the monotonic clock, as a rule at most a tenth of a millisecond late.
 *
 * A timer of Node is up to two milliseconds late, more than the latency of push on one machine. Spinning would use CPU
 * of the process that is measured.
 */
export class Alarm {
  readonly #instantMs = new Float64Array(new SharedArrayBuffer(8)).fill(Number.POSITIVE_INFINITY);
  /** Counts the calls of `set`; below zero after `stop`. */
  readonly #turn = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  constructor(ring: () => void) {
    this.#worker = new Worker(new URL('./alarm-worker.js', import.meta.url), {
      workerData: { instantMs: this.#instantMs, turn: this.#turn },
      execArgv: [],
    });
    this.#worker.on('message', ring);
  }

  /** Rings at this instant instead of the earlier one, or at once if the instant has passed. */
  set(instantMs: number): void {
    if (Atomics.load(this.#turn, 0) < 0) return;
    this.#instantMs[0] = instantMs;
    Atomics.add(this.#turn, 0, 1);
    Atomics.notify(this.#turn, 0);
  }

  /** Never rings again, and ends its thread. */
  stop(): void {
    this.#worker.removeAllListeners('message');
    Atomics.store(this.#turn, 0, -1);
    Atomics.notify(this.#turn, 0);
  }
}
