import type { Socket } from 'node:net';
import { type Batch, type Cursor, formatCursor, type Message } from '../log/message.ts';
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
  socketOf,
  type WireFormat,
  writeLimitBytes,
} from './subscriber.ts';

/**
 * The fan-out of every push server: each message, once for each subscriber. `#deliver` is the loop.
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
 * in its send queue, which has a limit and an overflow policy: subscriber.ts says when, send-queue.ts which
 * messages are dropped.
 */
export type FanOutOptions = SendQueueOptions & {
  /** Time between two heartbeats. Default 15,000; `Infinity` for none. */
  heartbeatMs?: number;
  /** One write per subscriber for all messages of a turn of the event loop. Default `true`; `false` shows what that saves. */
  coalesce?: boolean;
  /** Where deliveries are counted. Default: a new tally. */
  tally?: Tally;
};

export class FanOut implements Subscribers {
  readonly tally: Tally;
  /** The newest evictions, oldest first. */
  readonly evictions: Eviction[] = [];
  joined = 0;
  readonly #subscribers = new Set<Subscriber>();
  readonly #bySocket = new WeakMap<Socket, Subscriber>();
  readonly #context: FanOutContext;
  readonly #options: FanOutOptions;
  readonly #queueOptions: SendQueueOptions;
  readonly #unsubscribe: () => void;
  readonly #heartbeats: NodeJS.Timeout | undefined;

  /**
   * The options of the send queue are read for every new subscriber. With `noticesOnly` a frame says only that
   * there is news: the newest replaces a queued one, whatever the policy, and none counts as delivered or dropped.
   */
  constructor(
    log: MessageLog,
    format: WireFormat,
    options: FanOutOptions = {},
    { noticesOnly = false } = {},
  ) {
    this.tally = options.tally ?? newTally();
    this.#options = options;
    this.#queueOptions = noticesOnly ? { policy: 'conflate' } : options;
    this.#context = {
      log,
      format,
      tally: noticesOnly ? newTally() : this.tally,
      noticesOnly,
      remove: (subscriber) => this.#remove(subscriber),
      refuse: (subscriber) => this.#refuse(subscriber),
      evict: (subscriber, reason) => this.#evict(subscriber, reason),
    };
    this.#unsubscribe = log.subscribe((messages) => this.#deliver(messages));
    const { heartbeatMs = 15_000 } = options;
    // Node would take a longer interval for one of 1 ms.
    if (heartbeatMs < 2 ** 31)
      this.#heartbeats = setInterval(() => this.#sendHeartbeats(), heartbeatMs).unref();
  }

  /**
   * Adds a subscriber: first it gets the batches that a poll with this cursor would get, then every message as
   * it comes. A subscriber that is too slow is removed, and `evict` is called with the reason.
   */
  add(outlet: Outlet, cursor: Cursor | undefined, evict: (reason: string) => void): Subscriber {
    this.joined += 1;
    const subscriber = new Subscriber(outlet, cursor, this.#context, evict, this.#queueOptions);
    this.#subscribers.add(subscriber);
    this.#bySocket.set(subscriber.socket, subscriber);
    return subscriber;
  }

  /** Removes the subscriber of a connection, and sends it the reason. */
  disconnect(outlet: Outlet, reason: string): void {
    const subscriber = this.#bySocket.get(socketOf(outlet));
    if (subscriber && this.#remove(subscriber)) subscriber.evict(reason);
  }

  /** The loop of every push server: all messages of one turn of the event loop go to every subscriber. */
  #deliver(messages: readonly Message[]): void {
    if (this.#subscribers.size === 0) return;
    const chunks = this.#framed(messages);
    const startMs = nowMs();
    for (const chunk of chunks)
      for (const subscriber of this.#subscribers) {
        const { outlet } = subscriber;
        if (!subscriber.isLive) subscriber.take(chunk);
        else if (outlet.writable) {
          // `false` means that the connection is full: later messages wait in the send queue of this slow consumer.
          subscriber.isLive = outlet.write(chunk.bytes);
          this.#context.tally.deliveries += chunk.messages;
        }
      }
    this.#countSpan(nowMs() - startMs);
  }

  /** Frames messages, once for all subscribers: as many to a chunk as one write may carry, or one to each. */
  #framed(messages: readonly Message[]): Chunk[] {
    const { coalesce = true } = this.#options;
    const chunks: Entry[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const entry of this.#entriesOf(messages)) {
      bytes += entry.frame.length;
      if (coalesce && bytes <= writeLimitBytes) chunks.at(-1)?.push(entry);
      else {
        chunks.push([entry]);
        bytes = entry.frame.length;
      }
    }
    return chunks.map((entries) => ({
      entries,
      messages: entries.filter(({ missing }) => missing === undefined).length,
      bytes: joined(entries),
    }));
  }

  #entriesOf(messages: readonly Message[]): Entry[] {
    const { log, format, noticesOnly } = this.#context;
    // A notice says only where the log ends.
    return (noticesOnly ? messages.slice(-1) : messages).flatMap((message) => {
      const { seq, key = '' } = message;
      const frame = format.message(message, formatCursor({ logId: log.id, seq }));
      if (noticesOnly) return { seq, key: '', frame };
      const missing = log.missingBefore(seq);
      return missing > 0 ? [this.#holeBefore(seq, missing), { seq, key, frame }] : { seq, key, frame };
    });
  }

  /** Reports messages that will never come, in an empty batch. It has no key: it replaces nothing. */
  #holeBefore(seq: number, missing: number): Entry {
    const { log, format } = this.#context;
    const next = formatCursor({ logId: log.id, seq: seq - 1 });
    const batch: Batch = { messages: [], next, missed: missing };
    return { seq: seq - missing, key: undefined, frame: format.batch(batch), missing };
  }

  #countSpan(spanMs: number): void {
    const { fanOuts } = this.tally;
    fanOuts.count += 1;
    fanOuts.sumMs += spanMs;
    fanOuts.maxMs = Math.max(fanOuts.maxMs, spanMs);
  }

  #sendHeartbeats(): void {
    for (const subscriber of this.#subscribers) subscriber.sendHeartbeat();
  }

  /** Returns whether it was still there. */
  #remove(subscriber: Subscriber): boolean {
    subscriber.stop();
    return this.#subscribers.delete(subscriber);
  }

  #refuse(subscriber: Subscriber): void {
    if (this.#remove(subscriber)) this.tally.refused += 1;
  }

  /** Keeps the reason: the client may never read it. */
  #evict(subscriber: Subscriber, reason: string): void {
    this.#remove(subscriber);
    this.tally.evicted += 1;
    this.evictions.push({ who: subscriber.address, atMs: nowMs(), reason });
    if (this.evictions.length > evictionsKept) this.evictions.shift();
    subscriber.evict(reason);
  }

  /** The state of the subscriber at this connection; `undefined` where there is none. */
  stateOf(socket: Socket): SubscriberState | undefined {
    const subscriber = this.#bySocket.get(socket);
    return subscriber && this.#subscribers.has(subscriber) ? subscriber : undefined;
  }

  /** Removes everybody, and reads the log no more. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeats);
    for (const subscriber of this.#subscribers) this.#remove(subscriber);
  }
}

const evictionsKept = 100;

function joined(entries: readonly Entry[]): Buffer {
  const [first, ...others] = entries.map(({ frame }) => frame) as [Buffer, ...Buffer[]];
  return others.length === 0 ? first : Buffer.concat([first, ...others]);
}
