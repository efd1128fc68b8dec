import { parentPort, workerData } from 'node:worker_threads';

/**
 * The thread of an alarm (alarm.ts): sleeps until the instant that was set, rings once, and waits for the next
 * instant. Plain JavaScript: the thread starts at once and needs no loader.
 */
const { instantMs, turn } = workerData;

for (let set = Atomics.load(turn, 0); set >= 0; set = Atomics.load(turn, 0)) {
  const [seconds, nanoseconds] = process.hrtime();
  const waitMs = Math.max(0, instantMs[0] - seconds * 1000 - nanoseconds / 1e6);
  // Woken early: another instant was set, or the alarm was stopped.
  if (Atomics.wait(turn, 0, set, waitMs) !== 'timed-out') continue;
  parentPort.postMessage(undefined);
  Atomics.wait(turn, 0, set);
}
