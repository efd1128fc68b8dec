import { pageMs } from './clock.ts';
import type { Habits } from './habits.ts';
import { LaneClient } from './lane-client.ts';
import { browserOpeners } from './openers-browser.ts';
import type { LaneName, Sight } from './protocol.ts';

/**
 * A lane's client in a thread of its own, so that one that blocks stops nothing but itself: not the page,
 * and not the other lanes. Phones run their one client in it as well.
 */
export type LaneOrder =
  | {
      order: 'start';
      transport: LaneName;
      url: string;
      token: string;
      habits: Habits;
      /** How long it blocks just now, where the page may share memory: a change wakes it. */
      blockingMs?: Int32Array<SharedArrayBuffer>;
    }
  | { order: 'change'; habits: Habits }
  | { order: 'leave' }
  | { order: 'come back'; replay: boolean }
  | { order: 'reconnect' }
  | { order: 'stop' };

/** What a lane tells its page. Times are of the page's clock, but for `dueMs`. `stopped` comes last. */
export type LaneReport = { sights: Sight[] } | { stopped: true };

const worker = self as unknown as {
  onmessage: (event: { data: LaneOrder }) => void;
  postMessage(report: LaneReport): void;
};

let lane: LaneClient | undefined;

worker.onmessage = ({ data }) => {
  if (data.order === 'start') {
    lane = new LaneClient({
      ...data,
      openers: browserOpeners(data.token),
      tell: (sights) => worker.postMessage({ sights }),
      block: (durationMs) => (data.blockingMs ? waitBlocked(data.blockingMs) : spin(durationMs)),
      nowMs: pageMs,
    });
    void lane.start();
  } else if (data.order === 'change') lane?.change(data.habits);
  else if (data.order === 'leave') lane?.leave();
  else if (data.order === 'come back') void lane?.comeBack(data.replay);
  else if (data.order === 'reconnect') void lane?.reconnect();
  else {
    lane?.stop();
    worker.postMessage({ stopped: true });
  }
};

/** Sleeps without listening. */
function waitBlocked(blockingMs: Int32Array<SharedArrayBuffer>): void {
  const durationMs = Atomics.load(blockingMs, 0);
  if (durationMs > 0) Atomics.wait(blockingMs, 0, durationMs, durationMs);
}

/** Where a page may not share memory, the thread can only be kept busy. */
function spin(durationMs: number): void {
  const endMs = pageMs() + durationMs;
  while (pageMs() < endMs);
}
