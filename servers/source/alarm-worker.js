import { parentPort, workerData } from 'node:worker_threads';

/**
 * Runs on a thread of its own: sleeps until each instant in turn, then rings. See alarm.ts.
 * Plain JavaScript, because a thread starts at once with it and needs no loader.
 */
const { instantsMs, stop } = workerData;

for (const instantMs of instantsMs) {
  const [seconds, nanoseconds] = process.hrtime();
  const waitMs = instantMs - seconds * 1000 - nanoseconds / 1e6;
  // Sleeps at least a moment, so that a request to stop is seen even when the instants have passed.
  if (Atomics.wait(stop, 0, 0, Math.max(0, waitMs)) !== 'timed-out') break;
  parentPort.postMessage(instantMs);
}
