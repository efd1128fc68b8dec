import { parentPort, workerData } from 'node:worker_threads';

/**
 * Runs on a thread of its own: sleeps until the instant it was set to, rings once, and waits to be set
 * again. See alarm.ts. Plain JavaScript, because a thread starts at once with it and needs no loader.
 */
const { instantMs, turn } = workerData;

for (let set = Atomics.load(turn, 0); set >= 0; set = Atomics.load(turn, 0)) {
  const [seconds, nanoseconds] = process.hrtime();
  const waitMs = Math.max(0, instantMs[0] - seconds * 1000 - nanoseconds / 1e6);
  // Woken before its time, it was set to another instant, or stopped.
  if (Atomics.wait(turn, 0, set, waitMs) !== 'timed-out') continue;
  parentPort.postMessage(undefined);
  Atomics.wait(turn, 0, set);
}
