import { randomUUID } from 'node:crypto';
import { BadInput, type Batch, type Cursor, formatCursor, type Message, parseCursor } from './message.ts';

/**
 * The one bounded log that every server reads. Only delivery differs.
 *
 *     seq     1   2   3   4   5   6   7   8
 *             ×   ×   ×  [4] [5] [6] [7] [8]   head = 8
 *         fell off          ^ a reader with the cursor `logId:5` is owed 6, 7, 8
 *
 * A reader that comes with `logId:1` is given 4 … 8 and told that it missed two. Nothing is lost
 * silently. The log lives in memory: a restart makes a new `logId`, and a reader that comes with
 * the old one is told `reset`.
 *
 * Where the source of several servers gives out `seq`, each of them takes in the same messages under the
 * same `logId`. A `seq` that was skipped will never come: it is a hole, and counts as missed.
 */
export type LogOptions = {
  /** Messages kept; the oldest fall off. Default 20,000. */
  limitMessages?: number;
  /** Bytes of message bodies kept. Default 256 MiB. */
  limitBytes?: number;
};

/** The most that one batch carries: whichever comes first, but always one message. */
export type BatchLimit = { messages: number; bytes: number };

/** 1,000 messages or 1 MiB of bodies. */
export const defaultBatchLimit: BatchLimit = { messages: 1000, bytes: 1024 * 1024 };

type Listener = (messages: readonly Message[]) => void;

export class MessageLog {
  /** Tells this log from the one before a restart. */
  readonly id: string;
  readonly #limitMessages: number;
  readonly #limitBytes: number;
  readonly #messages = new Map<number, Message>();
  readonly #listeners = new Set<Listener>();
  #head = 0;
  /** The first `seq` that is still there or, while nothing is, the next that will be. */
  #oldest = 1;
  /** How many numbers were skipped before a message, where any were. */
  readonly #skipped = new Map<number, number>();
  #bytes = 0;
  #untold: Message[] = [];

  constructor({ limitMessages = 20_000, limitBytes = 256 * 1024 * 1024 }: LogOptions = {}, id?: string) {
    this.id = id ?? randomUUID().replaceAll('-', '').slice(0, 12);
    this.#limitMessages = limitMessages;
    this.#limitBytes = limitBytes;
  }

  /** The newest message's `seq`; 0 while the log is empty. */
  get head(): number {
    return this.#head;
  }

  /** Who is subscribed now. */
  get subscribers(): number {
    return this.#listeners.size;
  }

  /** The `seq` of the oldest message that has not fallen off; the next that will come when there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The place behind the newest message. */
  get end(): Cursor {
    return { logId: this.id, seq: this.#head };
  }

  /** Gives the message the next `seq`, keeps it, and tells the listeners at the end of this event-loop turn. */
  append(body: string, dueMs: number, key?: string): Message {
    const message: Message = { seq: this.#head + 1, dueMs: Math.round(dueMs * 1000) / 1000, body };
    if (key !== undefined) message.key = key;
    this.take(message);
    return message;
  }

  /**
   * Takes in a message that was given its `seq` elsewhere. What lies between the head and it will never come.
   * Throws a `RangeError` when it lies behind the head.
   */
  take(message: Message): void {
    if (message.seq <= this.#head)
      throw new RangeError(`seq is ${message.seq}: the log has got to ${this.#head} already`);
    if (this.#messages.size === 0) this.#oldest = message.seq;
    if (message.seq > this.#head + 1) this.#skipped.set(message.seq, message.seq - this.#head - 1);
    this.#head = message.seq;
    this.#messages.set(message.seq, message);
    this.#bytes += Buffer.byteLength(message.body);
    this.#dropOldest();
    if (this.#untold.push(message) === 1) setImmediate(() => this.tell());
  }

  /** How many messages right before this one will never come, because the source itself has lost them. */
  missingBefore(seq: number): number {
    return this.#skipped.get(seq) ?? 0;
  }

  /** Reads a cursor as a client sent it. Throws `BadInput` on a malformed one and on one that lies ahead of this log. */
  cursorFrom(text: unknown): Cursor | undefined {
    const cursor = parseCursor(text);
    if (cursor?.logId === this.id && cursor.seq > this.#head)
      throw new BadInput(`after is "${formatCursor(cursor)}": the log ends at ${this.#head}`);
    return cursor;
  }

  /**
   * What comes after the cursor, up to `limit`. Without a cursor: nothing yet, only where the log ends.
   * A cursor of another log gives this one from its start, marked `reset`.
   */
  after(cursor: Cursor | undefined, limit: BatchLimit = defaultBatchLimit): Batch {
    if (!cursor) return { messages: [], next: formatCursor(this.end), missed: 0 };
    const reset = cursor.logId !== this.id;
    const seen = reset ? 0 : cursor.seq;
    const first = Math.max(seen + 1, this.#oldest);
    const messages: Message[] = [];
    let last = first - 1;
    let bytes = 0;
    for (let seq = first; seq <= this.#head && messages.length < limit.messages; seq += 1) {
      const message = this.#messages.get(seq);
      bytes += Buffer.byteLength(message?.body ?? '');
      if (message && bytes > limit.bytes && messages.length > 0) break;
      if (message) messages.push(message);
      last = seq;
    }
    const next = formatCursor({ logId: this.id, seq: last });
    const more = last < this.#head;
    // What fell off before the cursor, and the holes.
    const missed = last - seen - messages.length;
    return { messages, next, missed, ...(more && { more }), ...(reset && { reset }) };
  }

  /** The newest message alone, if it comes after the cursor; the older ones are superseded, and counted. */
  latest(cursor: Cursor | undefined): Batch {
    // Counted, not walked over: that would be long work for a short question.
    const owed = this.after(cursor, { messages: 0, bytes: 0 });
    const newest = this.#messages.get(this.#head);
    if (!owed.more || !newest) return owed;
    const { seq } = parseCursor(owed.next) as Cursor;
    const holes = this.#holesAfter(seq);
    const superseded = this.#head - seq - holes - 1;
    return {
      messages: [newest],
      next: formatCursor(this.end),
      missed: owed.missed + holes,
      ...(owed.reset && { reset: true }),
      ...(superseded > 0 && { superseded }),
    };
  }

  /** How many numbers after this one will never come. */
  #holesAfter(seq: number): number {
    let holes = 0;
    for (const [next, skipped] of this.#skipped) holes += Math.max(0, Math.min(skipped, next - 1 - seq));
    return holes;
  }

  /**
   * Calls the listener once per event-loop turn with all that was appended in it, so that a burst
   * costs one wake-up. What came before the call is not repeated. Returns the way to unsubscribe.
   */
  subscribe(listener: Listener): () => void {
    this.tell();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the present listeners now what they have not heard yet, so that a newcomer can join right behind it. */
  tell(): void {
    const messages = this.#untold;
    if (messages.length === 0) return;
    this.#untold = [];
    for (const listener of [...this.#listeners]) listener(messages);
    // Only now: listeners ask for the hole before a message that a short log dropped in the same turn.
    for (const seq of this.#skipped.keys()) {
      if (seq >= this.#oldest) break;
      this.#skipped.delete(seq);
    }
  }

  #dropOldest(): void {
    while (this.#messages.size > this.#limitMessages || this.#bytes > this.#limitBytes) {
      this.#bytes -= Buffer.byteLength(this.#messages.get(this.#oldest)?.body ?? '');
      this.#messages.delete(this.#oldest);
      do this.#oldest += 1;
      while (this.#oldest <= this.#head && !this.#messages.has(this.#oldest));
    }
  }
}
