import type { Habits } from './habits.ts';
import type { LaneOrder, LaneReport } from './lane-worker.ts';
import type { LaneName, Sight } from './protocol.ts';

export type LaneThreadOptions = {
  transport: LaneName;
  url: string;
  token: string;
  habits: Habits;
  /** Takes what the lane saw. Times are of the page's clock, but for `dueMs`. */
  onSights(sights: Sight[]): void;
  /** Called when the client's thread has failed, or could not start. */
  onFailure(reason: string): void;
};

/** What a page can do with one of its clients, wherever that runs. */
export type LaneHandle = {
  change(habits: Habits): void;
  leave(): void;
  comeBack(replay: boolean): void;
  /** Replaces a dead connection; the client continues at its cursor. */
  reconnect(): void;
  /** Resolves when the client has ended and reported everything, or was too late to. */
  stop(): Promise<void>;
};

/** Starts a client: in a browser in a thread of its own. */
export type StartLane = (options: LaneThreadOptions) => LaneHandle;

/** A thread that blocks hears an order late. One that has not ended by then is ended. */
const stopMs = 2000;

/** The page's end of a lane's thread: gives it orders, takes what it saw. */
export class LaneThread implements LaneHandle {
  readonly #worker = new Worker('/lane-worker.js');
  /** How long it blocks, where memory may be shared: changing it wakes a thread that does. */
  readonly #blockingMs = globalThis.crossOriginIsolated
    ? new Int32Array(new SharedArrayBuffer(4))
    : undefined;
  #onStopped = () => {};

  constructor({ transport, url, token, habits, onSights, onFailure }: LaneThreadOptions) {
    this.#worker.onerror = ({ message }) =>
      onFailure(
        `The ${transport} client failed: ${message || 'its script could not start'}. Reload this page.`,
      );
    this.#worker.onmessage = ({ data }: { data: LaneReport }) => {
      if ('stopped' in data) this.#onStopped();
      else onSights(data.sights);
    };
    this.#setBlocking(habits);
    this.#order({ order: 'start', transport, url, token, habits, blockingMs: this.#blockingMs });
  }

  change(habits: Habits): void {
    this.#setBlocking(habits);
    this.#order({ order: 'change', habits });
  }

  leave(): void {
    this.#order({ order: 'leave' });
  }

  comeBack(replay: boolean): void {
    this.#order({ order: 'come back', replay });
  }

  reconnect(): void {
    this.#order({ order: 'reconnect' });
  }

  /** Ends it. Resolves when it has told all that it saw, or was too late to. */
  async stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#onStopped = resolve;
      setTimeout(resolve, stopMs);
    });
    if (this.#blockingMs) wake(this.#blockingMs, 0);
    this.#order({ order: 'stop' });
    await stopped;
    this.#worker.terminate();
  }

  #setBlocking({ slowBy, handlingMs }: Habits): void {
    if (this.#blockingMs) wake(this.#blockingMs, slowBy === 'block' ? Math.ceil(handlingMs) : 0);
  }

  #order(order: LaneOrder): void {
    this.#worker.postMessage(order);
  }
}

function wake(blockingMs: Int32Array<SharedArrayBuffer>, durationMs: number): void {
  Atomics.store(blockingMs, 0, durationMs);
  Atomics.notify(blockingMs, 0);
}
