import { Worker } from 'node:worker_threads';

/**
 * Rings once at the instant of the monotonic clock that it was set to, a tenth of a millisecond late
 * at most as a rule.
 *
 * A timer of Node's is up to two milliseconds late, which is more than push takes on one machine.
 * A sleeping thread is more exact, and costs nothing while it sleeps; spinning would be charged to
 * the process that is being measured.
 */
export class Alarm {
  readonly #instantMs = new Float64Array(new SharedArrayBuffer(8)).fill(Number.POSITIVE_INFINITY);
  /** Counts how often the alarm was set; below zero once it was stopped. */
  readonly #turn = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  constructor(ring: () => void) {
    this.#worker = new Worker(new URL('./alarm-worker.js', import.meta.url), {
      workerData: { instantMs: this.#instantMs, turn: this.#turn },
      execArgv: [],
    });
    this.#worker.on('message', ring);
  }

  /** Rings at this instant, and no more at the one before. An instant that has passed rings at once. */
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
