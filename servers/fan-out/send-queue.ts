/**
 * The send queue of one slow consumer, and its overflow policy.
 *
 *     offered   [3]──►┌────────────────────────┐
 *                     │ [2] [1] … up to a limit│──► connection, as it drains
 *                     └────────────────────────┘
 *
 *     unbounded     [5 4 3 2 1]        keeps every message, until the server has no memory left
 *     drop-newest       [3 2 1]  5 4   drops new messages while it is full: the client gets the oldest news
 *     drop-oldest       [5 4 3]  2 1   drops the oldest for each new one: the client gets the newest news
 *     conflate              [5]  1–4   a message replaces the queued message of the same key
 *     disconnect         ╳  [ ]        closes the connection: the client comes back with its cursor, nothing is lost
 *     credit                [ ]        stays empty: messages that the client has not granted wait in the log
 *
 * Every policy has a price: memory, messages, latency, or a connection. A frame that is queued for a thousand clients
 * is in memory once.
 *
 * Left out: limits in time ("more than 8 MB for 60 s", as Redis has it), and priorities.
 */
export type SendQueueOptions = {
  /** What happens when the queue is full. Default `disconnect`. */
  policy?: Policy;
  /** Bytes that may be queued for one client. Default: see `defaultLimitBytes`. */
  limitBytes?: number;
  /** Messages that may be queued for one client. Default: any number. */
  limitMessages?: number;
  /** Called for every dropped message, also for one that was reported as missing in a dropped entry. */
  onDropped?: (seq: number) => void;
};

/**
 * Bytes that may be queued for one client, and products with that limit.
 *
 *     unbounded    ws, which reports the queued bytes (`bufferedAmount`) and leaves the rest to the application
 *     drop-newest  uWebSockets, `maxBackpressure`
 *     drop-oldest  RabbitMQ drops the oldest at `max-length`, a number that users choose; the same as
 *                  drop-newest here, so that you can compare the two
 *     conflate     Lightstreamer's MERGE mode keeps one message per item; the limit is for too many keys
 *     disconnect   NATS, `max_pending`; Redis has 32 MB for subscribers, Centrifuge 1 MiB
 *     credit       nothing is queued; in RabbitMQ's prefetch and RSocket's `request(n)` clients choose the number
 */
export const defaultLimitBytes = {
  unbounded: Number.POSITIVE_INFINITY,
  'drop-newest': 64 * 1024,
  'drop-oldest': 64 * 1024,
  conflate: 64 * 1024 * 1024,
  disconnect: 64 * 1024 * 1024,
  credit: Number.POSITIVE_INFINITY,
};

export type Policy = keyof typeof defaultLimitBytes;

export const policies = Object.keys(defaultLimitBytes) as [Policy, ...Policy[]];

export type Entry = {
  readonly seq: number;
  /** `undefined` for an entry without a message: it replaces no other entry. */
  readonly key: string | undefined;
  readonly frame: Buffer;
  /** Where the entry has no message: it reports that this many will never come, and `seq` is the first of them. */
  readonly missing?: number;
};

/** `full` means that the client has to be disconnected. */
export type Offered = 'queued' | 'dropped' | 'full';

export class SendQueue {
  readonly policy: Policy;
  /** An empty queue accepts any one message, or a large one would never be sent. */
  readonly limitBytes: number;
  readonly limitMessages: number;
  messages = 0;
  bytes = 0;
  /** Messages dropped so far, superseded ones included. */
  dropped = 0;
  readonly #onDropped: ((seq: number) => void) | undefined;
  /** By `seq`, oldest first. Made when an entry has to wait: an empty Map for each of ten thousand clients costs memory. */
  #entries: Map<number, Entry> | undefined;
  /** Stands at the oldest entry. A new one would step over the place of every entry that has left. */
  #order: Iterator<Entry, undefined> | undefined;
  /** The queued message of each key, for `conflate`. */
  #ofKey: Map<string, Entry> | undefined;

  constructor({ policy = 'disconnect', limitBytes, limitMessages, onDropped }: SendQueueOptions = {}) {
    this.policy = policy;
    this.limitBytes = limitBytes ?? defaultLimitBytes[policy];
    this.limitMessages = limitMessages ?? Number.POSITIVE_INFINITY;
    this.#onDropped = onDropped;
  }

  /** Queues an entry, or does what the policy says. Entries leave in the order in which they came. */
  offer(entry: Entry): Offered {
    const superseded = entry.key === undefined ? undefined : this.#ofKey?.get(entry.key);
    if (superseded) {
      this.#countDropped(this.#remove(superseded));
      // While it stands still, an iterator keeps every table that the Map has outgrown.
      this.#order = undefined;
    }
    if (this.policy === 'conflate' || this.policy === 'drop-oldest')
      while (!this.#hasRoomFor(entry)) this.#countDropped(this.shift() as Entry);
    if (this.policy === 'unbounded' || this.#hasRoomFor(entry)) {
      this.#append(entry);
      return 'queued';
    }
    if (this.policy === 'disconnect') return 'full';
    this.#countDropped(entry);
    return 'dropped';
  }

  /** Removes the oldest entry and returns it. */
  shift(): Entry | undefined {
    const next = this.#order?.next().value;
    if (next) return this.#remove(next);
    // It has ended when the queue was empty, or there was none yet.
    this.#order = this.#entries?.values();
    const oldest = this.#order?.next().value;
    return oldest && this.#remove(oldest);
  }

  /** Empties the queue without counting a loss: a client that comes back with its cursor finds the messages in the log. */
  clear(): void {
    this.#entries = undefined;
    this.#order = undefined;
    this.#ofKey = undefined;
    this.messages = 0;
    this.bytes = 0;
  }

  #hasRoomFor({ frame }: Entry): boolean {
    if (this.messages === 0) return true;
    return this.messages < this.limitMessages && this.bytes + frame.length <= this.limitBytes;
  }

  #countDropped({ seq, missing = 1 }: Entry): void {
    this.dropped += missing;
    if (!this.#onDropped) return;
    for (let dropped = seq; dropped < seq + missing; dropped += 1) this.#onDropped(dropped);
  }

  #append(entry: Entry): void {
    this.#entries ??= new Map();
    this.#entries.set(entry.seq, entry);
    if (this.policy === 'conflate' && entry.key !== undefined) {
      this.#ofKey ??= new Map();
      this.#ofKey.set(entry.key, entry);
    }
    this.messages += 1;
    this.bytes += entry.frame.length;
  }

  #remove(entry: Entry): Entry {
    this.#entries?.delete(entry.seq);
    if (entry.key !== undefined) this.#ofKey?.delete(entry.key);
    this.messages -= 1;
    this.bytes -= entry.frame.length;
    return entry;
  }
}
