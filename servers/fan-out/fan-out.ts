import type { Socket } from 'node:net';
import { type Batch, type Cursor, formatCursor, keyLimit, type Message } from '../log/message.ts';
import type { MessageLog } from '../log/message-log.ts';
import { nowMs } from '../meter/clock.ts';
import {
  type Eviction,
  newTally,
  type SubscriberState,
  type Subscribers,
  type Tally,
} from '../meter/tally.ts';
import type { Entry, SendQueueOptions } from './send-queue.ts';
import {
  type Chunk,
  type FanOutContext,
  type Outlet,
  Subscriber,
  type WireFormat,
  writeLimitBytes,
} from './subscriber.ts';

/**
 * "Tell everybody": what every kind of push shares.
 *
 *     turn of the event loop     |  msg 7, msg 8  |                |  msg 9  |
 *     framed once                | [frame7 frame8]|                | [frame9]|
 *     connection A  --------------[7 8]------------------------------[9]----->
 *     connection B  ---------------[7 8]------------------------------[9]---->
 *     connection C  ----------------[7 8]------------------------------[9]--->   the last one waits for all others
 *
 * A message is framed once, however many subscribers it goes to, and all messages of one turn of the event loop
 * leave in one write per subscriber. The writes are serial: the cost of a fan-out, and the latency of its last
 * subscriber, grow with the number of subscribers.
 *
 * Node buffers without limit for a connection that does not drain. Here the messages of a slow subscriber wait
 * in its send queue, which has a limit and an overflow policy: subscriber.ts says when, send-queue.ts what is
 * dropped. A fast subscriber costs nothing more than its place in a set.
 */
export type FanOutOptions = SendQueueOptions & {
  /** Time between two heartbeats. Default 15,000; `Infinity` for none. */
  heartbeatMs?: number;
  /** One write per subscriber for all messages of a turn of the event loop. Default `true`; `false` shows what that saves. */
  coalesce?: boolean;
  /** Where deliveries are counted. Default: a tally that nobody else has. */
  tally?: Tally;
};

/** Evictions that are kept, the newest of them. */
const evictionsKept = 100;

export class FanOut implements Subscribers {
  /** What was delivered, dropped and evicted. */
  readonly tally: Tally;
  readonly #context: FanOutContext;
  readonly #options: FanOutOptions;
  readonly #queueOptions: SendQueueOptions;
  readonly #subscribers = new Map<Outlet, Subscriber>();
  readonly #bySocket = new WeakMap<Socket, Subscriber>();
  readonly #evictions: Eviction[] = [];
  #joined = 0;
  readonly #unsubscribe: () => void;
  readonly #heart: NodeJS.Timeout | undefined;

  /**
   * The options of the send queue are read for every new subscriber. With `noticesOnly` a frame says only that
   * there is news: the newest replaces one that is still queued, whatever the policy.
   */
  constructor(
    log: MessageLog,
    format: WireFormat,
    options: FanOutOptions = {},
    { noticesOnly = false } = {},
  ) {
    this.tally = options.tally ?? newTally();
    this.#context = {
      log,
      format,
      tally: this.tally,
      noticesOnly,
      live: new Set(),
      evict: (subscriber, reason) => this.#evict(subscriber, reason),
    };
    this.#options = options;
    this.#queueOptions = noticesOnly ? { policy: 'conflate' } : options;
    this.#unsubscribe = log.subscribe((messages) => this.#deliver(messages));
    const { heartbeatMs = 15_000 } = options;
    if (heartbeatMs < Number.POSITIVE_INFINITY)
      this.#heart = setInterval(() => this.#beat(), heartbeatMs).unref();
  }

  /**
   * Adds a subscriber: first it gets the batches that a poll with this cursor would get, then every message as
   * it comes. A subscriber that is too slow is removed, and `evict` is called with the reason.
   */
  add(outlet: Outlet, cursor: Cursor | undefined, evict: (reason: string) => void): void {
    this.#joined += 1;
    outlet.on('close', () => this.remove(outlet));
    const subscriber = new Subscriber(outlet, cursor, this.#context, evict, this.#queueOptions);
    this.#subscribers.set(outlet, subscriber);
    this.#bySocket.set(subscriber.socket, subscriber);
  }

  /** Lets a subscriber be sent more, under the policy `credit`. Throws `BadInput` under any other, and on too much. */
  grant(outlet: Outlet, credit: number): void {
    this.#subscribers.get(outlet)?.grant(credit);
  }

  remove(outlet: Outlet): void {
    const subscriber = this.#subscribers.get(outlet);
    if (!subscriber) return;
    subscriber.stop();
    this.#subscribers.delete(outlet);
    this.#bySocket.delete(subscriber.socket);
  }

  /** Removes a subscriber, and sends it the reason. */
  disconnect(outlet: Outlet, reason: string): void {
    const subscriber = this.#subscribers.get(outlet);
    this.remove(outlet);
    subscriber?.evict(reason);
  }

  /** The state of the subscriber at this connection; `undefined` where there is none. */
  stateOf(socket: Socket): SubscriberState | undefined {
    return this.#bySocket.get(socket);
  }

  get joined(): number {
    return this.#joined;
  }

  get evictions(): readonly Eviction[] {
    return this.#evictions;
  }

  /** Removes everybody, and reads the log no more. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heart);
    for (const outlet of this.#subscribers.keys()) this.remove(outlet);
  }

  /** Writes the messages of one turn to everybody, with a report wherever some will never come. */
  #deliver(messages: readonly Message[]): void {
    let unbroken: Message[] = [];
    for (const message of messages) {
      const missing = this.#context.log.missingBefore(message.seq);
      if (missing > 0) {
        this.#write(unbroken);
        unbroken = [];
        this.#writeHole(message.seq - missing, missing);
      }
      unbroken.push(message);
    }
    this.#write(unbroken);
  }

  /** Reports messages that will never come in an empty batch. A notice says only where the log ends. */
  #writeHole(first: number, missing: number): void {
    const { log, format, noticesOnly } = this.#context;
    if (noticesOnly) return;
    const next = formatCursor({ logId: log.id, seq: first + missing - 1 });
    const batch: Batch = { messages: [], next, missed: missing };
    // A key that no message can have: nothing replaces it, and it replaces nothing.
    const hole = { seq: first, key: `${first}`.padEnd(keyLimit + 1), frame: format.batch(batch), missing };
    for (const subscriber of this.#subscribers.values()) subscriber.takeHole(hole);
  }

  /** The loop of every push server: each message, once for each subscriber. */
  #write(messages: readonly Message[]): void {
    if (this.#subscribers.size === 0 || messages.length === 0) return;
    const { live, noticesOnly } = this.#context;
    const startMs = nowMs();
    for (const chunk of this.#chunksOf(noticesOnly ? messages.slice(-1) : messages)) {
      let written = 0;
      // Those that are not live first: a connection that is full after this write must not get the chunk twice.
      if (live.size < this.#subscribers.size)
        for (const [outlet, subscriber] of this.#subscribers)
          if (!live.has(outlet) && subscriber.take(chunk)) written += 1;
      for (const outlet of live) {
        if (!outlet.writable) continue;
        if (!outlet.write(chunk.bytes)) live.delete(outlet);
        written += 1;
      }
      if (!noticesOnly) this.tally.deliveries += written * chunk.entries.length;
    }
    const { fanOuts } = this.tally;
    const spanMs = nowMs() - startMs;
    fanOuts.count += 1;
    fanOuts.sumMs += spanMs;
    fanOuts.maxMs = Math.max(fanOuts.maxMs, spanMs);
  }

  /** Frames messages for all subscribers: as many to a chunk as one write may carry, or one to each. */
  #chunksOf(messages: readonly Message[]): Chunk[] {
    const { coalesce = true } = this.#options;
    const chunks: Entry[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const entry of messages.map((message) => this.#entryOf(message))) {
      bytes += entry.frame.length;
      if (coalesce && bytes <= writeLimitBytes) chunks.at(-1)?.push(entry);
      else {
        chunks.push([entry]);
        bytes = entry.frame.length;
      }
    }
    return chunks.map((entries) => ({ entries, bytes: joined(entries) }));
  }

  #entryOf(message: Message): Entry {
    const { seq, key = '' } = message;
    const { log, format, noticesOnly } = this.#context;
    const frame = format.message(message, formatCursor({ logId: log.id, seq }));
    return { seq, key: noticesOnly ? '' : key, frame };
  }

  #beat(): void {
    for (const subscriber of this.#subscribers.values()) subscriber.writeHeartbeat();
  }

  /** Removes a subscriber, and keeps the reason: it may never read that itself. */
  #evict({ outlet, address, evict }: Subscriber, reason: string): void {
    this.tally.evicted += 1;
    this.#evictions.push({ who: address, atMs: nowMs(), reason });
    if (this.#evictions.length > evictionsKept) this.#evictions.shift();
    this.remove(outlet);
    evict(reason);
  }
}

function joined(entries: readonly Entry[]): Buffer {
  const [first, ...others] = entries.map(({ frame }) => frame) as [Buffer, ...Buffer[]];
  return others.length === 0 ? first : Buffer.concat([first, ...others]);
}
