import type { Message } from '../../servers/log/message.ts';
import type { Client } from '../client.ts';
import { clientsByName } from '../clients.ts';
import { Consumer } from '../consumer.ts';
import type { Openers } from '../shared/openers.ts';
import { connectsAnew, type Habits } from './habits.ts';
import type { LaneName, Sight } from './protocol.ts';
import { watched } from './watched-openers.ts';

export type LaneClientOptions = {
  transport: LaneName;
  /** Where its server is. */
  url: string;
  openers: Openers;
  habits: Habits;
  /** Takes what was seen since the last time. */
  tell(sights: Sight[]): void;
  /** Stands still for so long: this is what blocks. */
  block(durationMs: number): void;
  nowMs(): number;
};

/** Messages that may wait in the inbox. What comes beyond is given up, and counted as missed. */
const inboxLimitMessages = 100_000;

/** How long a short poll waits for its response: the server sends it at once, however far away it is. */
const shortPollLimitMs = 8000;

/** The longest hold that a class can set. */
const longestHoldMs = 60_000;

/** Messages that a push client asks for at a time, when its server waits for that. */
const credit = 10;

/** Sights are told together, so that a burst is one message to the page. */
const tellEveryMs = 30;

/**
 * One client of the fleet with its consumer, that can leave and come back, and says all that it sees.
 *
 *     arrived ──►[ inbox ]──► handled        slowBy sleep: it goes on reading, the inbox fills
 *     arrived ▐▐▐▐▐▐▐▐▐▐▐▐──► handled        slowBy block: it stands still and reads nothing
 */
export class LaneClient {
  readonly #options: LaneClientOptions;
  readonly #openers: Openers;
  readonly #consumer: Consumer;
  #habits: Habits;
  #client: Client | undefined;
  /** The newest message that arrived, or is known to be missing; `undefined` before the first subscription. */
  #seq: number | undefined;
  /** Messages that are being handled or wait for it, oldest first, with the connection that each came on. */
  #unhandled: { seq: number; from: Client | undefined }[] = [];
  /** Polls under way, where the client polls. */
  #asking = 0;
  #isToChange = false;
  #isAway = false;
  #sights: Sight[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(options: LaneClientOptions) {
    this.#options = options;
    this.#habits = options.habits;
    this.#openers = watched(options.openers, (exchange) => this.#onExchange(exchange), options.nowMs);
    this.#consumer = new Consumer({
      handlingMs: sleepMs(options.habits),
      inboxLimit: Number.POSITIVE_INFINITY,
      pause() {},
      resume() {},
      handle: () => this.#handle(),
      handled: (count) => this.#onHandled(count),
    });
    this.#watch = setInterval(() => this.#findGap(), 250);
  }

  /** Subscribes, from now on. */
  start(): Promise<void> {
    return this.#open(undefined);
  }

  /** Goes out of reach. What has arrived is handled all the same. */
  leave(): void {
    this.#isAway = true;
    this.#isToChange = false;
    this.#client?.stop();
  }

  /** Comes back with its cursor or, without `replay`, from wherever the log is now. */
  comeBack(replay: boolean): Promise<void> {
    this.#isAway = false;
    return this.#open(replay ? this.#client?.ledger.cursor : undefined);
  }

  /** Replaces its connection, which is dead, and continues at its cursor. */
  async reconnect(): Promise<void> {
    if (!this.#isAway) await this.#open(this.#client?.ledger.cursor);
  }

  /** Takes up other habits. Where that needs a new connection it takes its cursor along. */
  change(habits: Habits): void {
    const { transport } = this.#options;
    const before = this.#habits;
    // What waits is let through before it would block.
    if (sleepMs(before) !== sleepMs(habits)) this.#consumer.setHandlingMs(sleepMs(habits));
    this.#habits = habits;
    if (this.#isAway) return;
    const asksOtherwise = transport === 'short-poll' && before.intervalMs !== habits.intervalMs;
    if (!asksOtherwise && !connectsAnew(transport, before, habits)) return;
    this.#isToChange = true;
    this.#changeWhenIdle();
  }

  /** Leaves for good. */
  stop(): void {
    this.leave();
    clearInterval(this.#watch);
    this.#tell();
  }

  async #open(after: string | undefined): Promise<void> {
    this.#client?.stop();
    const { transport, url } = this.#options;
    const { intervalMs, policy } = this.#habits;
    const isCredit = transport === 'push' && policy === 'credit';
    const client = clientsByName[transport].open(
      {
        url,
        after,
        intervalMs,
        ...(isCredit && { credit }),
        ...(transport === 'long-poll' && { silenceLimitMs: longestHoldMs + 15_000 }),
        ...(transport === 'short-poll' && { silenceLimitMs: shortPollLimitMs }),
      },
      this.#openers,
    );
    this.#client = client;
    let isAnew = after === undefined;
    const subscribed = () => {
      if (isAnew && client === this.#client) this.#onSubscribed(client.ledger.startSeq ?? 0);
      isAnew = false;
    };
    // The first message may arrive together with the acknowledgement, before `start()` resolves.
    const started = client.start((message) => {
      subscribed();
      this.#onMessage(message);
    });
    // It rejects when the client leaves, or is replaced, before the server has let it in.
    await started.then(subscribed, () => {});
  }

  /** A subscription that began again: what came between it and the one before is missing. */
  #onSubscribed(seq: number): void {
    if (this.#seq === undefined) this.#see({ kind: 'subscribed', seq, atMs: this.#options.nowMs() });
    else this.#miss(seq);
    this.#seq = seq;
  }

  #onMessage({ seq, dueMs, key }: Message): void {
    if (this.#seq !== undefined) this.#miss(seq - 1);
    this.#seq = seq;
    this.#see({ kind: 'arrived', seq, dueMs, atMs: this.#options.nowMs() });
    if (this.#consumer.waiting >= inboxLimitMessages) {
      this.#see({ kind: 'missed', upToSeq: seq, count: 1, atMs: this.#options.nowMs() });
      this.#client?.handled?.(1);
      return;
    }
    this.#unhandled.push({ seq, from: this.#client });
    // Nobody reads the body here, and an inbox of thousands is not to fill the memory with them.
    this.#consumer.take({ seq, dueMs, key, body: '' });
  }

  #handle(): void {
    const { slowBy, handlingMs } = this.#habits;
    if (slowBy !== 'block' || handlingMs === 0) return;
    this.#tell();
    this.#options.block(handlingMs);
  }

  #onHandled(count: number): void {
    const atMs = this.#options.nowMs();
    const handled = this.#unhandled.splice(0, count);
    for (const { seq } of handled) this.#see({ kind: 'handled', seq, atMs });
    // Credit for what an earlier connection brought is void: this one has granted a whole window of its own.
    this.#client?.handled?.(handled.filter(({ from }) => from === this.#client).length);
  }

  #onExchange(exchange: Sight): void {
    this.#asking += exchange.kind === 'request' ? 1 : -1;
    this.#see(exchange);
    // What the answer carried is handed over in this turn; then the client may be exchanged.
    if (this.#isToChange) setTimeout(() => this.#changeWhenIdle());
  }

  /** A poll that is under way is waited for, or the server would have answered one that nobody counts. */
  #changeWhenIdle(): void {
    const isPoll = this.#options.transport === 'short-poll';
    if (!this.#isToChange || (isPoll && this.#asking > 0)) return;
    this.#isToChange = false;
    void this.#open(this.#client?.ledger.cursor);
  }

  /** Messages at the end of what was sent may be missing with nothing after them; the ledger knows. */
  #findGap(): void {
    const seq = this.#client?.ledger.seq ?? 0;
    if (this.#seq === undefined || seq <= this.#seq) return;
    this.#miss(seq);
    this.#seq = seq;
  }

  #miss(upToSeq: number): void {
    const count = upToSeq - (this.#seq ?? upToSeq);
    if (count > 0) this.#see({ kind: 'missed', upToSeq, count, atMs: this.#options.nowMs() });
  }

  #see(sight: Sight): void {
    this.#sights.push(sight);
    this.#timer ??= setTimeout(() => this.#tell(), tellEveryMs);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sights.length > 0) this.#options.tell(this.#sights.splice(0));
  }
}

function sleepMs({ slowBy, handlingMs }: Habits): number {
  return slowBy === 'sleep' ? handlingMs : 0;
}
