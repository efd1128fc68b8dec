import { Worker } from 'node:worker_threads';

/**
 * Rings at given instants of the monotonic clock, a tenth of a millisecond late at most as a rule.
 *
 * A timer of Node's is up to two milliseconds late, which is more than push takes on one machine.
 * A sleeping thread is more exact, and costs nothing while it sleeps; spinning would be charged to
 * the server that is being measured.
 *
 * Returns the way to stop it. Ringing stops by itself after the last instant.
 */
export function ringAt(instantsMs: readonly number[], ring: () => void): () => void {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./alarm-worker.js', import.meta.url), {
    workerData: { instantsMs: Float64Array.from(instantsMs), stop },
    execArgv: [],
  });
  worker.on('message', ring);
  return () => {
    worker.off('message', ring);
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
  };
}
