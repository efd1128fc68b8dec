import { randomUUID } from 'node:crypto';
import {
  type Batch,
  type Cursor,
  formatCursor,
  invalid,
  type Message,
  type Publication,
  parseCursor,
} from './message.ts';

/**
 * The bounded log that every server reads. Only delivery differs.
 *
 *     seq     1   2   3   4   5   6   7   8
 *             ×   ×   ×  [4] [5] [6] [7] [8]   head = 8
 *          dropped          ^ a client with the cursor `logId:5` gets 6, 7, 8
 *
 * A client with the cursor `logId:1` gets 4 … 8, and `missed: 2`. Nothing is lost silently. The log is in memory:
 * a restart makes a new `logId`, and a client with the old one gets `reset`. A cursor ahead of the log gets nothing
 * yet: the client comes from another server with the same source, which is a moment ahead.
 *
 * Where several servers share a source, the source numbers the messages, and all logs have the same `logId`. A
 * skipped `seq` will never come: it is a hole, and counts as missed.
 */
export type LogOptions = Partial<typeof defaultOptions>;

export type Feed = {
  readonly log: MessageLog;
  /** Resolves when the log has the message. Rejects with `BadInput` when the source can't accept it now. */
  publish(publication: Publication): Promise<{ seq: number }>;
};

/** The limit of one batch, whichever comes first. A batch always has room for one message. */
export type BatchLimit = { messages: number; bytes: number };

export const defaultBatchLimit: BatchLimit = { messages: 1000, bytes: 1024 * 1024 };

const defaultOptions = {
  /** Messages kept. */
  limitMessages: 20_000,
  /** Bytes of message bodies kept. */
  limitBytes: 256 * 1024 * 1024,
  batchLimit: defaultBatchLimit,
};

/** An id that fits into a cursor: a log in memory has another one after every restart. */
export function newLogId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 12);
}

type Listener = (messages: readonly Message[]) => void;

export class MessageLog {
  readonly id: string;
  readonly #options: Required<LogOptions>;
  readonly #messages = new Map<number, Message>();
  /** The size of each hole, by the `seq` of the message behind it. */
  readonly #holes = new Map<number, number>();
  readonly #listeners = new Set<Listener>();
  #head = 0;
  #oldest = 1;
  #bytes = 0;
  /** Messages of this turn of the event loop that the listeners have not got yet. */
  #pending: Message[] = [];

  constructor(
    {
      limitMessages = defaultOptions.limitMessages,
      limitBytes = defaultOptions.limitBytes,
      batchLimit = defaultBatchLimit,
    }: LogOptions = {},
    id = newLogId(),
  ) {
    this.id = id;
    this.#options = { limitMessages, limitBytes, batchLimit };
  }

  /** The `seq` of the newest message; 0 while the log is empty. */
  get head(): number {
    return this.#head;
  }

  get subscribers(): number {
    return this.#listeners.size;
  }

  /** The `seq` of the oldest message in the log; of the next message while the log is empty. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The place behind the newest message. */
  get end(): Cursor {
    return { logId: this.id, seq: this.#head };
  }

  /** Adds a message with the next `seq`. The listeners get it at the end of this turn of the event loop. */
  append(body: string, dueMs: number, key?: string): Message {
    const message: Message = { seq: this.#head + 1, dueMs: Math.round(dueMs * 1000) / 1000, body };
    if (key !== undefined) message.key = key;
    this.take(message);
    return message;
  }

  /**
   * Adds a message that has its `seq` already; numbers between the head and it will never come.
   * Throws a `RangeError` on a `seq` that the log is past.
   */
  take(message: Message): void {
    if (message.seq <= this.#head)
      throw new RangeError(invalid('seq', message.seq, `more than ${this.#head}, where the log ends`));
    if (this.#messages.size === 0) this.#oldest = message.seq;
    if (message.seq > this.#head + 1) this.#holes.set(message.seq, message.seq - this.#head - 1);
    this.#head = message.seq;
    this.#messages.set(message.seq, message);
    this.#bytes += Buffer.byteLength(message.body);
    this.#dropOldest();
    if (this.#pending.push(message) === 1) setImmediate(() => this.flush());
  }

  /** The size of the hole right before a message. */
  missingBefore(seq: number): number {
    return this.#holes.get(seq) ?? 0;
  }

  /** Reads a cursor. Throws `BadInput` on a malformed one. */
  cursorFrom(text: unknown): Cursor | undefined {
    return parseCursor(text);
  }

  /**
   * The messages after the cursor, up to `limit`. Without a cursor: none yet, only the place where the log ends.
   * A cursor of another log gets this log from its start, marked `reset`.
   */
  after(cursor: Cursor | undefined, limit = this.#options.batchLimit): Batch {
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
    // Messages that the log has dropped, and holes.
    const missed = last - seen - messages.length;
    return { messages, next, missed, ...(more && { more }), ...(reset && { reset }) };
  }

  /** Only the newest message, if it comes after the cursor; older ones are counted as superseded. */
  latest(cursor: Cursor | undefined): Batch {
    // A walk over all superseded messages would take long, and only their number is needed.
    const missing = this.after(cursor, { messages: 0, bytes: 0 });
    const newest = this.#messages.get(this.#head);
    if (!missing.more || !newest) return missing;
    const { seq } = parseCursor(missing.next) as Cursor;
    const missed = this.#missingAfter(seq);
    const superseded = this.#head - seq - missed - 1;
    return {
      messages: [newest],
      next: formatCursor(this.end),
      missed: missing.missed + missed,
      ...(missing.reset && { reset: true }),
      ...(superseded > 0 && { superseded }),
    };
  }

  #missingAfter(seq: number): number {
    let missing = 0;
    for (const [next, size] of this.#holes) missing += Math.max(0, Math.min(size, next - 1 - seq));
    return missing;
  }

  /**
   * Calls the listener once per turn of the event loop with all messages of that turn, so that a burst costs one
   * wake-up. It gets no message that was added before. Returns a function that unsubscribes it.
   */
  subscribe(listener: Listener): () => void {
    this.flush();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls the listeners now, so that a new one can join right behind. An exception of one listener keeps no message
   * from the others: it is thrown when all have got theirs.
   */
  flush(): void {
    const messages = this.#pending;
    if (messages.length === 0) return;
    this.#pending = [];
    const errors: unknown[] = [];
    for (const listener of [...this.#listeners])
      try {
        listener(messages);
      } catch (error) {
        errors.push(error);
      }
    // Only now: listeners ask for the hole before a message that a short log dropped in the same turn.
    for (const seq of this.#holes.keys()) {
      if (seq >= this.#oldest) break;
      this.#holes.delete(seq);
    }
    if (errors.length > 0) throw errors[0];
  }

  #dropOldest(): void {
    const { limitMessages, limitBytes } = this.#options;
    while (this.#messages.size > limitMessages || this.#bytes > limitBytes) {
      this.#bytes -= Buffer.byteLength(this.#messages.get(this.#oldest)?.body ?? '');
      this.#messages.delete(this.#oldest);
      do this.#oldest += 1;
      while (this.#oldest <= this.#head && !this.#messages.has(this.#oldest));
    }
  }
}
