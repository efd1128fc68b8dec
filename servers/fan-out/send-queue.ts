/**
 * What waits for one reader that is slower than its messages, and what gives when too much does.
 *
 *     offered   [3]──►┌───────────────────────┐
 *                     │ [2] [1] … up to a limit│──► the socket, as it drains
 *                     └───────────────────────┘
 *
 *     unbounded     [5 4 3 2 1]        everything waits; the memory of the server is the limit
 *     drop-newest       [3 2 1]  5 4   what comes late has no place: the reader gets the oldest news
 *     drop-oldest       [5 4 3]  2 1   what waited longest goes: the reader gets the newest news
 *     conflate              [5]  1–4   a message replaces the one of its key that still waits
 *     disconnect         ╳  [ ]        nothing is lost: the reader goes, and comes back with its cursor
 *     credit                [ ]        nothing comes here: what was not granted waits in the log
 *
 * There is no policy without a price. It is paid in memory, in messages, in age, or in a connection.
 * Entries are shared: what waits for a thousand readers is in memory once, and each outbox costs a
 * link per message.
 *
 * Left out: limits in time ("more than 8 MB for 60 s", as Redis has it), and priorities.
 */
export const policies = [
  'unbounded',
  'drop-newest',
  'drop-oldest',
  'conflate',
  'disconnect',
  'credit',
] as const;

export type Policy = (typeof policies)[number];

export type SendQueueOptions = {
  /** What gives when more waits for a reader than may. Default `disconnect`. */
  policy?: Policy;
  /** Bytes that may wait for one reader. Default: that of the policy, see `defaultLimitBytes`. */
  limitBytes?: number;
  /** Messages that may wait for one reader. Default: any number. */
  limitMessages?: number;
  /** Is told of every message that is given up, and of each that an entry only says is missing. */
  onDropped?: (seq: number) => void;
};

/**
 * Bytes that may wait for one reader, and who takes that number.
 *
 *     unbounded    ws, which tells how much waits (`bufferedAmount`) and does nothing about it
 *     drop-newest  uWebSockets, `maxBackpressure`
 *     drop-oldest  RabbitMQ drops the oldest at `max-length`, whose number is the user's; the same as
 *                  drop-newest here, so that the two can be compared
 *     conflate     Lightstreamer's MERGE mode keeps one message per item; the limit is for too many keys
 *     disconnect   NATS, `max_pending`; Redis takes 32 MB for subscribers, Centrifuge 1 MiB
 *     credit       nothing waits; RabbitMQ's prefetch and RSocket's `request(n)` leave the number to the client
 */
export const defaultLimitBytes: Record<Policy, number> = {
  unbounded: Number.POSITIVE_INFINITY,
  'drop-newest': 64 * 1024,
  'drop-oldest': 64 * 1024,
  conflate: 64 * 1024 * 1024,
  disconnect: 64 * 1024 * 1024,
  credit: Number.POSITIVE_INFINITY,
};

/** A message as it waits: its frame is the one that every other reader gets. */
export type Entry = {
  readonly seq: number;
  readonly key: string;
  readonly frame: Buffer;
  /** It carries no message, but says of so many that they will never come; `seq` is the first of them. */
  readonly missing?: number;
};

/** What became of an entry. `full` says that the reader has to go. */
export type Offered = 'waits' | 'dropped' | 'full';

/** An entry's place in the queue. */
type Link = { entry: Entry; older: Link | undefined; newer: Link | undefined };

export class SendQueue {
  readonly policy: Policy;
  /** Bytes that may wait. An empty outbox takes any one message, or a large one would never be sent. */
  readonly limitBytes: number;
  readonly limitMessages: number;
  /** Messages that wait. */
  messages = 0;
  /** Bytes that wait. */
  bytes = 0;
  /** Messages given up so far, superseded ones included. */
  dropped = 0;
  #oldest: Link | undefined;
  #newest: Link | undefined;
  readonly #onDropped: ((seq: number) => void) | undefined;
  /** Where the message of a key waits. There for `conflate` only: of a thousand readers each would have an empty one. */
  readonly #ofKey: Map<string, Link> | undefined;

  constructor({ policy = 'disconnect', limitBytes, limitMessages, onDropped }: SendQueueOptions = {}) {
    this.policy = policy;
    this.limitBytes = limitBytes ?? defaultLimitBytes[policy];
    this.limitMessages = limitMessages ?? Number.POSITIVE_INFINITY;
    this.#onDropped = onDropped;
    if (policy === 'conflate') this.#ofKey = new Map();
  }

  /** Takes an entry in, or does what the policy says. Entries leave in the order in which they came. */
  offer(entry: Entry): Offered {
    this.#drop(this.#ofKey?.get(entry.key));
    if (this.policy === 'conflate' || this.policy === 'drop-oldest')
      while (!this.#hasRoomFor(entry)) this.#drop(this.#oldest);
    if (this.policy === 'unbounded' || this.#hasRoomFor(entry)) {
      this.#append(entry);
      return 'waits';
    }
    if (this.policy === 'disconnect') return 'full';
    this.#giveUp(entry);
    return 'dropped';
  }

  /** Takes the oldest entry out. */
  shift(): Entry | undefined {
    const oldest = this.#oldest;
    if (oldest) this.#unlink(oldest);
    return oldest?.entry;
  }

  /** Lets go of everything. That is no loss: whoever comes back with its cursor finds it in the log. */
  clear(): void {
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#ofKey?.clear();
    this.messages = 0;
    this.bytes = 0;
  }

  #hasRoomFor({ frame }: Entry): boolean {
    if (this.messages === 0) return true;
    return this.messages < this.limitMessages && this.bytes + frame.length <= this.limitBytes;
  }

  #drop(link: Link | undefined): void {
    if (!link) return;
    this.#unlink(link);
    this.#giveUp(link.entry);
  }

  #giveUp({ seq, missing = 1 }: Entry): void {
    this.dropped += missing;
    if (!this.#onDropped) return;
    for (let given = seq; given < seq + missing; given += 1) this.#onDropped(given);
  }

  #append(entry: Entry): void {
    const link: Link = { entry, older: this.#newest, newer: undefined };
    if (this.#newest) this.#newest.newer = link;
    else this.#oldest = link;
    this.#newest = link;
    this.#ofKey?.set(entry.key, link);
    this.messages += 1;
    this.bytes += entry.frame.length;
  }

  #unlink(link: Link): void {
    if (link.older) link.older.newer = link.newer;
    else this.#oldest = link.newer;
    if (link.newer) link.newer.older = link.older;
    else this.#newest = link.older;
    this.#ofKey?.delete(link.entry.key);
    this.messages -= 1;
    this.bytes -= link.entry.frame.length;
  }
}
