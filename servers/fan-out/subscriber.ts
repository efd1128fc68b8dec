import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  BadInput,
  type Batch,
  type Cursor,
  creditLimit,
  formatCursor,
  type Message,
  parseCursor,
} from '../log/message.ts';
import { defaultBatchLimit, type MessageLog } from '../log/message-log.ts';
import type { Tally } from '../meter/tally.ts';
import { type Entry, SendQueue, type SendQueueOptions } from './send-queue.ts';

/**
 * One subscriber of a fan-out, between the log and its connection. It is in one of three states:
 *
 *     catching up   log ──[batch]─────[batch]─────[batch]──► connection     at its pace, by cursor: the next
 *                                                                           batch when the last one has left
 *     live          fan-out ──[7]──[8]─────────────────────► connection     the shared frames
 *
 *     congested     fan-out ──[7]──[8]──►[ send queue ]────► connection     … and through the queue, as it drains
 *
 * It starts at its cursor and is live once it has reached the end of the log. So the messages that a newcomer
 * has missed wait in the log, and only later ones can fill its send queue, where the policy decides. Under the
 * policy `credit` no subscriber is live, because each message is counted. A congested one, or one without
 * credit, goes back to catching up: its backlog is a cursor.
 *
 * A connection is congested when Node's own buffer has reached `writableHighWaterMark`. Then 'drain' is sure to
 * follow, and messages in the send queue can still be dropped; written ones can't.
 */
export class Subscriber {
  readonly outlet: Outlet;
  readonly socket: Socket;
  /** Address and port, read while it is connected: a broken connection has none. */
  readonly address: string;
  readonly evict: (reason: string) => void;
  readonly #context: FanOutContext;
  readonly #queue: SendQueue;
  /** The place in the log of a subscriber that is catching up, or that is ahead of this log. */
  #cursor: Cursor | undefined;
  #isBatchPending = false;
  #isStopped = false;
  /** Messages that it may still be sent. */
  #credit: number;
  /** While messages are queued: the last `seq` that was written or reported as dropped. */
  #reportedSeq = 0;
  /** The newest message, if it was dropped and no later frame has reported it yet. */
  #droppedSeq: number | undefined;

  /** Heartbeats since the last byte that came from it. */
  #unanswered = 0;
  #bytesRead = 0;

  /** Writes the first batch at once: it tells the subscriber its place in the log. */
  constructor(
    outlet: Outlet,
    cursor: Cursor | undefined,
    context: FanOutContext,
    evict: (reason: string) => void,
    options: SendQueueOptions,
  ) {
    this.outlet = outlet;
    this.socket = socketOf(outlet);
    this.address = `${this.socket.remoteAddress}:${this.socket.remotePort}`;
    this.evict = evict;
    this.#context = context;
    this.#queue = new SendQueue(options);
    this.#credit = this.#queue.policy === 'credit' ? 0 : Number.POSITIVE_INFINITY;
    outlet.on('drain', () => this.#flush());
    this.#writeBatch(cursor);
  }

  /** Messages dropped for this subscriber, superseded ones included. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Messages that wait for it: in its send queue or, while it catches up, in the log. */
  get waitingMessages(): number {
    if (this.#cursor) return Math.max(0, this.#context.log.head - this.#cursor.seq);
    return this.#queue.messages;
  }

  /** Bytes in its send queue, without those in the connection's own buffer. */
  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /** Takes a chunk for everybody while it is not live. Returns whether the chunk was written at once. */
  take({ entries, bytes }: Chunk): boolean {
    if (!this.outlet.writable) return false;
    const [first] = entries as [Entry];
    if (this.#cursor) this.#catchUpLater(this.#cursor);
    else if (this.#queue.policy !== 'credit') this.#enqueue(entries);
    else if (this.#isCongested || this.#credit < entries.length) this.#fallBehind(first);
    else {
      this.#credit -= entries.length;
      this.outlet.write(bytes);
      return true;
    }
    return false;
  }

  /** Reports messages that will never come, in their place. A subscriber that catches up reads that from the log. */
  takeHole(hole: Entry): void {
    if (!this.outlet.writable) return;
    if (this.#cursor) this.#catchUpLater(this.#cursor);
    else if (this.#queue.policy === 'credit') this.#fallBehind(hole);
    else if (this.#context.live.has(this.outlet)) this.#setLive(this.outlet.write(hole.frame));
    else this.#enqueue([hole]);
  }

  /**
   * Writes a heartbeat, unless other bytes are waiting. Where peers answer heartbeats, one that has sent nothing
   * since the last two is gone: TCP itself would notice after many minutes.
   */
  writeHeartbeat(): void {
    const { heartbeat, isHeartbeatAnswered = false } = this.#context.format;
    if (!this.outlet.writable || this.#isCongested) return;
    if (this.socket.bytesRead > this.#bytesRead) this.#unanswered = 0;
    this.#bytesRead = this.socket.bytesRead;
    if (isHeartbeatAnswered && this.#unanswered === unansweredMax) {
      this.#context.evict(this, `no answer to ${unansweredMax} heartbeats`);
      return;
    }
    this.#unanswered += 1;
    this.outlet.write(heartbeat);
  }

  /** Lets n more messages be sent. Throws `BadInput` under another policy, and on a sum that is too large. */
  grant(credit: number): void {
    if (this.#queue.policy !== 'credit')
      throw new BadInput(`credit is ${credit}: expected none, the policy is "${this.#queue.policy}"`);
    if (this.#credit + credit > creditLimit)
      throw new BadInput(
        `credit is ${credit}: expected at most ${creditLimit} in all, ${this.#credit} are granted already`,
      );
    this.#credit += credit;
    this.#catchUp();
  }

  /** Nothing more is written. */
  stop(): void {
    this.#isStopped = true;
    this.#context.live.delete(this.outlet);
    this.#cursor = undefined;
    this.#droppedSeq = undefined;
    this.#queue.clear();
  }

  get #isCongested(): boolean {
    return this.outlet.writableLength >= this.outlet.writableHighWaterMark;
  }

  #setLive(live: boolean): void {
    if (live && this.#queue.policy !== 'credit') this.#context.live.add(this.outlet);
    else this.#context.live.delete(this.outlet);
  }

  #enqueue(entries: readonly Entry[]): void {
    const droppedBefore = this.#queue.dropped;
    if (this.#queue.messages === 0) this.#reportedSeq = (entries[0] as Entry).seq - 1;
    for (const entry of entries) {
      const outcome = this.#queue.offer(entry);
      this.#droppedSeq = outcome === 'dropped' ? lastSeqOf(entry) : undefined;
      if (outcome !== 'full') continue;
      this.#context.evict(this, this.#whyFull);
      break;
    }
    this.#context.tally.dropped += this.#queue.dropped - droppedBefore;
  }

  get #whyFull(): string {
    const { messages, bytes, limitBytes, limitMessages } = this.#queue;
    const limit = messages >= limitMessages ? `${limitMessages} messages` : `${limitBytes} bytes`;
    return `slow consumer: ${messages} messages of ${bytes} bytes are queued, the limit is ${limit}`;
  }

  /** Writes queued messages, oldest first, while the connection has room. */
  #flush(): void {
    if (this.#isStopped || !this.outlet.writable) return;
    this.outlet.cork();
    while (this.#queue.messages > 0 && !this.#isCongested) {
      const entry = this.#queue.shift() as Entry;
      this.#reportDropped(entry.seq - 1);
      this.outlet.write(entry.frame);
      this.#reportedSeq = lastSeqOf(entry);
      if (entry.missing === undefined) this.#context.tally.deliveries += 1;
    }
    if (this.#droppedSeq !== undefined && this.#queue.messages === 0) {
      this.#reportDropped(this.#droppedSeq);
      this.#droppedSeq = undefined;
    }
    this.outlet.uncork();
    if (!this.#cursor) this.#setLive(this.#queue.messages === 0 && !this.#isCongested);
  }

  /**
   * Reports in an empty batch how many messages up to this one were dropped, and moves the subscriber's cursor
   * past them with the same bytes: a subscriber whose connection breaks has either read that and does not get
   * them any more, or has not and finds them in the log.
   */
  #reportDropped(seq: number): void {
    const { log, format, noticesOnly } = this.#context;
    const dropped = seq - this.#reportedSeq;
    if (dropped === 0 || noticesOnly) return;
    const next = formatCursor({ logId: log.id, seq });
    this.outlet.write(format.batch({ messages: [], next, missed: 0, dropped }));
    this.#reportedSeq = seq;
  }

  /** From this entry on it reads the log itself, after the present turn's fan-out: else it would get it twice. */
  #fallBehind({ seq }: Entry): void {
    this.#cursor = { logId: this.#context.log.id, seq: seq - 1 };
    setImmediate(() => this.#catchUp());
  }

  /** The log has grown: a subscriber that was ahead of it may go on, after the present turn's fan-out. */
  #catchUpLater({ seq }: Cursor): void {
    if (this.#context.log.head > seq) setImmediate(() => this.#catchUp());
  }

  #catchUp(): void {
    const { log } = this.#context;
    if (!this.#cursor || this.#isBatchPending || this.#credit === 0 || !this.outlet.writable) return;
    if (log.head > this.#cursor.seq) this.#writeBatch(this.#cursor);
  }

  /**
   * Writes the next batch. The one after it follows when this one has left, so that a whole log is never in
   * memory for one subscriber, and the others have their turn in between.
   */
  #writeBatch(cursor: Cursor | undefined): void {
    const { log, format, tally, noticesOnly } = this.#context;
    // Live subscribers get what is new first, so that this one can join right behind it.
    log.tell();
    const batch = log.after(cursor, {
      messages: Math.min(defaultBatchLimit.messages, this.#credit),
      bytes: writeLimitBytes,
    });
    const next = parseCursor(batch.next) as Cursor;
    this.#cursor = next.seq === log.head ? undefined : next;
    this.#credit -= batch.messages.length;
    if (!noticesOnly) tally.deliveries += batch.messages.length;
    this.#isBatchPending = true;
    const hasRoom = this.outlet.write(format.batch(batch), () => {
      this.#isBatchPending = false;
      setImmediate(() => this.#catchUp());
    });
    if (!this.#cursor) this.#setLive(hasRoom);
  }
}

function lastSeqOf({ seq, missing = 1 }: Entry): number {
  return seq + missing - 1;
}

/** The most that is written to a connection at once, unless one message is larger. Written bytes can't be dropped. */
export const writeLimitBytes = 64 * 1024;

/** Heartbeats in a row that a peer may leave without an answer. */
const unansweredMax = 2;

/** What a subscriber's bytes are written to: a socket, or the response of a request that never ends. */
export type Outlet = Socket | ServerResponse;

export function socketOf(outlet: Outlet): Socket {
  return outlet instanceof ServerResponse ? outlet.req.socket : outlet;
}

/** How a transport writes batches and messages; `cursor` is the place right behind the message. */
export type WireFormat = {
  batch(batch: Batch): Buffer;
  message(message: Message, cursor: string): Buffer;
  heartbeat: Buffer;
  /** Whether peers answer a heartbeat. */
  isHeartbeatAnswered?: boolean;
};

/** Messages that leave in one write: each with its frame, and all frames in a row. */
export type Chunk = { entries: readonly Entry[]; bytes: Buffer };

/** What all subscribers of a fan-out share. With `noticesOnly` a frame says only that there is news: dropped ones need no report. */
export type FanOutContext = {
  log: MessageLog;
  format: WireFormat;
  tally: Tally;
  noticesOnly: boolean;
  /** The connections of live subscribers: they have everything so far, and have room for more. */
  live: Set<Outlet>;
  /** Called when a subscriber is too slow to stay. */
  evict(subscriber: Subscriber, reason: string): void;
};
