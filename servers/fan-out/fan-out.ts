import { type Cursor, formatCursor, type Message } from '../log/message.ts';
import type { MessageLog } from '../log/message-log.ts';
import { nowMs } from '../meter/clock.ts';
import { newTally, type Tally } from '../meter/tally.ts';
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
 * The fan-out of every push server: each message, once for each subscriber. `#deliver` is the loop.
 *
 *     turn of the event loop     |  msg 7, msg 8  |                |  msg 9  |
 *     framed once                | [frame7 frame8]|                | [frame9]|
 *     connection A  --------------[7 8]------------------------------[9]----->
 *     connection B  ---------------[7 8]------------------------------[9]---->
 *     connection C  ----------------[7 8]------------------------------[9]--->   the last one waits for all others
 *
 * All messages of one turn of the event loop leave in one write per subscriber. The writes are serial: the cost of a
 * fan-out, and the latency of its last subscriber, grow with the number of subscribers.
 *
 * Node buffers without limit for a connection that does not drain. Here the messages of a slow subscriber wait
 * in its send queue: subscriber.ts says when, send-queue.ts which messages are dropped.
 */
export type FanOutOptions = SendQueueOptions & {
  /** Time between two heartbeats. Default 15,000; `Infinity` for none. */
  heartbeatMs?: number;
  /** One write per subscriber for all messages of a turn of the event loop. Default `true`; `false` shows what that saves. */
  coalesce?: boolean;
  /** Where deliveries are counted. Default: a new tally. */
  tally?: Tally;
};

/** A subscriber that was disconnected: its address, the instant (monotonic), and the reason. */
export type Eviction = { who: string; atMs: number; reason: string };

export class FanOut implements FanOutContext {
  readonly log: MessageLog;
  readonly format: WireFormat;
  readonly tally: Tally;
  readonly counted: Tally;
  readonly subscribers = new Set<Subscriber>();
  /** The newest evictions, oldest first, at most 100. */
  readonly evictions: Eviction[] = [];
  /** Subscribers that were ever added. */
  joined = 0;
  readonly #options: FanOutOptions;
  readonly #queueOptions: SendQueueOptions;
  readonly #unsubscribe: () => void;
  readonly #heartbeats: NodeJS.Timeout | undefined;

  /** The options of the send queue are read for every new subscriber. */
  constructor(log: MessageLog, format: WireFormat, options: FanOutOptions = {}) {
    this.log = log;
    this.format = format;
    this.tally = options.tally ?? newTally();
    this.counted = format.isNotice ? newTally() : this.tally;
    this.#options = options;
    this.#queueOptions = format.isNotice ? { policy: 'conflate' } : options;
    this.#unsubscribe = log.subscribe((messages) => this.#deliver(messages));
    const { heartbeatMs = 15_000 } = options;
    // Node would take a longer interval for one of 1 ms.
    if (heartbeatMs < 2 ** 31)
      this.#heartbeats = setInterval(() => {
        for (const subscriber of this.subscribers) subscriber.sendHeartbeat();
      }, heartbeatMs).unref();
  }

  /**
   * Adds a subscriber: first it gets the batches that a poll with this cursor would get, then every message as
   * it comes. A subscriber that is too slow is removed, and `evict` is called with the reason.
   */
  add(outlet: Outlet, cursor: Cursor | undefined, evict: (reason: string) => void): Subscriber {
    this.joined += 1;
    const subscriber = new Subscriber(outlet, cursor, this, evict, this.#queueOptions);
    this.subscribers.add(subscriber);
    return subscriber;
  }

  /** Removes a subscriber, and sends it the reason. */
  disconnect(outlet: Outlet, reason: string): void {
    for (const subscriber of this.subscribers)
      if (subscriber.outlet === outlet && this.remove(subscriber)) subscriber.evict(reason);
  }

  /** The loop of every push server: all messages of one turn of the event loop go to every subscriber. */
  #deliver(messages: readonly Message[]): void {
    if (this.subscribers.size === 0) return;
    const chunks = this.#framed(messages);
    const startMs = nowMs();
    for (const chunk of chunks)
      for (const subscriber of this.subscribers) {
        const { outlet } = subscriber;
        if (!subscriber.isLive) subscriber.take(chunk);
        else if (outlet.writable) {
          // `false` means that the connection is full: later messages wait in the send queue of this slow consumer.
          subscriber.isLive = outlet.write(chunk.bytes);
          this.counted.deliveries += chunk.messages;
        }
      }
    const spanMs = nowMs() - startMs;
    const { fanOuts } = this.tally;
    fanOuts.count += 1;
    fanOuts.sumMs += spanMs;
    fanOuts.maxMs = Math.max(fanOuts.maxMs, spanMs);
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

  *#entriesOf(messages: readonly Message[]): Generator<Entry> {
    const { id: logId } = this.log;
    const { isNotice = false } = this.format;
    for (const message of isNotice ? messages.slice(-1) : messages) {
      const { seq, key = '' } = message;
      const missing = isNotice ? 0 : this.log.missingBefore(seq);
      if (missing > 0) yield this.#holeBefore(seq, missing);
      const frame = this.format.message(message, formatCursor({ logId, seq }));
      yield { seq, key: isNotice ? '' : key, frame };
    }
  }

  /** Reports messages that will never come, in an empty batch. It has no key: it replaces nothing. */
  #holeBefore(seq: number, missing: number): Entry {
    const next = formatCursor({ logId: this.log.id, seq: seq - 1 });
    const frame = this.format.batch({ messages: [], next, missed: missing });
    return { seq: seq - missing, key: undefined, frame, missing };
  }

  remove(subscriber: Subscriber): boolean {
    subscriber.stop();
    return this.subscribers.delete(subscriber);
  }

  evict(subscriber: Subscriber, reason: string): void {
    this.remove(subscriber);
    this.tally.evicted += 1;
    // The client may never read the reason.
    this.evictions.push({ who: subscriber.address, atMs: nowMs(), reason });
    if (this.evictions.length > 100) this.evictions.shift();
    subscriber.evict(reason);
  }

  /** Removes everybody, and reads the log no more. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeats);
    for (const subscriber of this.subscribers) this.remove(subscriber);
  }
}

function joined(entries: readonly Entry[]): Buffer {
  const [first, ...others] = entries.map(({ frame }) => frame) as [Buffer, ...Buffer[]];
  return others.length === 0 ? first : Buffer.concat([first, ...others]);
}
