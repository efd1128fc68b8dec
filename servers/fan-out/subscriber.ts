import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  BadInput,
  type Batch,
  type Cursor,
  creditLimit,
  formatCursor,
  invalid,
  type Message,
  parseCredit,
  parseCursor,
  parseJson,
  parsePublication,
} from '../log/message.ts';
import { defaultBatchLimit, type Feed, type MessageLog } from '../log/message-log.ts';
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
 * The messages that a newcomer has missed wait in the log, and only later ones can fill its send queue, where the
 * policy decides. Under the policy `credit` no subscriber is live, because each message is counted. A congested one,
 * or one without credit, goes back to catching up: its backlog is a cursor.
 *
 * A connection is congested when Node's own buffer has reached `writableHighWaterMark`: then 'drain' is sure to follow.
 */
export class Subscriber {
  readonly outlet: Outlet;
  readonly socket: Socket;
  /** Address and port, read while it is connected: a broken connection has none. */
  readonly address: string;
  readonly evict: (reason: string) => void;
  /** It has every message so far, and its connection has room for more. */
  isLive = false;
  readonly #fanOut: FanOutContext;
  readonly #queue: SendQueue;
  /** The place in the log of a subscriber that is catching up, or that is ahead of this log. */
  #cursor: Cursor | undefined;
  #isBatchPending = false;
  #credit: number;
  /** While messages are queued: the last `seq` that was written or reported as dropped. */
  #reportedSeq = 0;
  /** The newest message, if it was dropped and no later frame has reported it yet. */
  #droppedSeq: number | undefined;
  /** Heartbeats since the client last sent anything, and the bytes that it had sent by then. */
  #unanswered = 0;
  #bytesRead = 0;
  #isStopped = false;
  /** The newest publication of the client. Publications are answered in order. */
  #publishing: Promise<unknown> | undefined;

  /** Writes the first batch at once: it tells the client its place in the log. */
  constructor(
    outlet: Outlet,
    cursor: Cursor | undefined,
    fanOut: FanOutContext,
    evict: (reason: string) => void,
    options: SendQueueOptions,
  ) {
    this.outlet = outlet;
    this.socket = outlet instanceof ServerResponse ? outlet.req.socket : outlet;
    this.address = `${this.socket.remoteAddress}:${this.socket.remotePort}`;
    this.evict = evict;
    this.#fanOut = fanOut;
    this.#queue = new SendQueue(options);
    this.#credit = this.#queue.policy === 'credit' ? 0 : Number.POSITIVE_INFINITY;
    outlet.on('drain', () => this.#flush()).on('close', () => fanOut.remove(this));
    this.#writeBatch(cursor);
  }

  /**
   * Takes a text that the client sends on its connection: `{"credit": n}` grants, `{"body": "text"}` publishes.
   * Resolves with the acknowledgement of a publication, rejects when the source refuses it. Throws `BadInput` on
   * anything else. What a client sends after its removal means nothing.
   */
  receive(text: string, feed: Feed): Promise<{ published: number; id?: string }> | undefined {
    if (this.#isStopped) return undefined;
    const data = parseJson(text);
    const credit = parseCredit(data);
    if (credit !== undefined) return void this.grant(credit);
    const publication = parsePublication(data);
    const before = this.#publishing;
    const publishing = feed.publish(publication).then(
      async ({ seq }) => {
        // A known id is acknowledged at once, and could overtake.
        await before;
        return { published: seq, id: publication.id };
      },
      (error) => {
        // The reason comes at once, before a client that leaves is gone.
        this.#publishing = undefined;
        throw error;
      },
    );
    this.#publishing = publishing;
    return publishing;
  }

  /** Lets n more messages be sent. Throws `BadInput` under another policy, and on a sum that is too large. */
  grant(credit: number): void {
    if (this.#queue.policy !== 'credit')
      throw new BadInput(invalid('credit', credit, `none under the policy "${this.#queue.policy}"`));
    if (this.#credit + credit > creditLimit) {
      const expected = `at most ${creditLimit - this.#credit}, since ${this.#credit} messages are already granted`;
      throw new BadInput(invalid('credit', credit, expected));
    }
    this.#credit += credit;
    this.#catchUp();
  }

  /** The client sent something that is refused, and counted. It gets nothing more, and `close` as in `leave`. */
  refuse(close = () => {}): void {
    if (this.#fanOut.remove(this)) this.#fanOut.tally.refused += 1;
    this.leave(close);
  }

  /** The client sends nothing more. `close` is called when all its publications have been answered. */
  leave(close: () => void): void {
    this.#fanOut.remove(this);
    if (this.#publishing) this.#publishing.then(close, close);
    else close();
  }

  /** Superseded messages included. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** In its send queue or, while it catches up, in the log. */
  get waitingMessages(): number {
    if (this.#cursor) return Math.max(0, this.#fanOut.log.head - this.#cursor.seq);
    return this.#queue.messages;
  }

  /** In its send queue, without the connection's own buffer. */
  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /** Takes a chunk while it is not live. */
  take({ entries, messages, bytes }: Chunk): void {
    if (!this.outlet.writable) return;
    if (this.#cursor) this.#catchUpLater();
    else if (this.#queue.policy !== 'credit') this.#enqueue(entries);
    else if (this.#isCongested || this.#credit < messages) {
      this.#cursor = { logId: this.#fanOut.log.id, seq: (entries[0] as Entry).seq - 1 };
      this.#catchUpLater();
    } else {
      this.#credit -= messages;
      this.#fanOut.counted.deliveries += messages;
      this.outlet.write(bytes);
    }
  }

  /** Writes a heartbeat, unless other bytes are waiting. A client that left the last two unanswered is evicted. */
  sendHeartbeat(): void {
    const { heartbeat, isHeartbeatAnswered = false } = this.#fanOut.format;
    if (!this.outlet.writable || this.#isCongested) return;
    if (this.socket.bytesRead > this.#bytesRead) this.#unanswered = 0;
    this.#bytesRead = this.socket.bytesRead;
    if (isHeartbeatAnswered && this.#unanswered === 2)
      this.#fanOut.evict(this, 'no response to 2 heartbeats');
    else {
      this.#unanswered += 1;
      this.outlet.write(heartbeat);
    }
  }

  /** Nothing more is written. */
  stop(): void {
    this.#isStopped = true;
    this.isLive = false;
    this.#cursor = undefined;
    this.#droppedSeq = undefined;
    this.#queue.clear();
  }

  get #isCongested(): boolean {
    return this.outlet.writableLength >= this.outlet.writableHighWaterMark;
  }

  #enqueue(entries: readonly Entry[]): void {
    const droppedBefore = this.#queue.dropped;
    if (this.#queue.messages === 0) this.#reportedSeq = (entries[0] as Entry).seq - 1;
    for (const entry of entries) {
      const outcome = this.#queue.offer(entry);
      this.#droppedSeq = outcome === 'dropped' ? lastSeqOf(entry) : undefined;
      if (outcome !== 'full') continue;
      this.#fanOut.evict(this, this.#whyFull);
      break;
    }
    this.#fanOut.counted.dropped += this.#queue.dropped - droppedBefore;
  }

  get #whyFull(): string {
    const { messages, bytes, limitBytes, limitMessages } = this.#queue;
    const limit = messages >= limitMessages ? `${limitMessages} messages` : `${limitBytes} bytes`;
    return `slow consumer: ${bytes} bytes (messages: ${messages}) in the send queue, expected at most ${limit}`;
  }

  /** Writes queued messages, oldest first, while the connection has room. */
  #flush(): void {
    if (!this.outlet.writable) return;
    this.outlet.cork();
    while (this.#queue.messages > 0 && !this.#isCongested) {
      const entry = this.#queue.shift() as Entry;
      this.#reportDropped(entry.seq - 1);
      this.outlet.write(entry.frame);
      this.#reportedSeq = lastSeqOf(entry);
      if (entry.missing === undefined) this.#fanOut.counted.deliveries += 1;
    }
    if (this.#droppedSeq !== undefined && this.#queue.messages === 0) {
      this.#reportDropped(this.#droppedSeq);
      this.#droppedSeq = undefined;
    }
    this.outlet.uncork();
    this.#joinLive(this.#queue.messages === 0 && !this.#isCongested);
  }

  /**
   * Reports in an empty batch how many messages up to this one were dropped, and moves the client's cursor past them
   * with the same bytes: a client that has not read that when its connection breaks finds them in the log.
   */
  #reportDropped(seq: number): void {
    const { log, format } = this.#fanOut;
    const dropped = seq - this.#reportedSeq;
    if (dropped === 0 || format.isNotice) return;
    const next = formatCursor({ logId: log.id, seq });
    this.outlet.write(format.batch({ messages: [], next, missed: 0, dropped }));
    this.#reportedSeq = seq;
  }

  /** After the present turn's fan-out: else it would get its messages twice. */
  #catchUpLater(): void {
    if (this.#cursor && this.#fanOut.log.head > this.#cursor.seq) setImmediate(() => this.#catchUp());
  }

  #catchUp(): void {
    const { log } = this.#fanOut;
    if (!this.#cursor || this.#isBatchPending || this.#credit === 0 || !this.outlet.writable) return;
    if (log.head > this.#cursor.seq) this.#writeBatch(this.#cursor);
  }

  /** Writes the next batch. Another one follows when this one has left: a whole log is never in memory for one client. */
  #writeBatch(cursor: Cursor | undefined): void {
    const { log, format, counted } = this.#fanOut;
    // Live subscribers get what is new first, so that this one can join right behind it.
    log.flush();
    const batch = log.after(cursor, {
      messages: Math.min(defaultBatchLimit.messages, this.#credit),
      bytes: writeLimitBytes,
    });
    const next = parseCursor(batch.next) as Cursor;
    this.#cursor = next.seq === log.head ? undefined : next;
    this.#credit -= batch.messages.length;
    counted.deliveries += batch.messages.length;
    this.#isBatchPending = true;
    const hasRoom = this.outlet.write(format.batch(batch), () => {
      this.#isBatchPending = false;
      this.#catchUpLater();
    });
    this.#joinLive(hasRoom);
  }

  /** Gets its messages from the fan-out, once it has caught up and if its connection has room. */
  #joinLive(hasRoom: boolean): void {
    this.isLive = hasRoom && !this.#cursor && this.#queue.policy !== 'credit';
  }
}

function lastSeqOf({ seq, missing = 1 }: Entry): number {
  return seq + missing - 1;
}

/** Bytes written to a connection at once, unless one message is larger: written messages can't be dropped. */
export const writeLimitBytes = 64 * 1024;

/** A socket, or a response that never ends. */
export type Outlet = Socket | ServerResponse;

/** How a transport writes batches and messages; `cursor` is the place right behind the message. */
export type WireFormat = {
  batch(batch: Batch): Buffer;
  message(message: Message, cursor: string): Buffer;
  heartbeat: Buffer;
  /** Whether clients answer a heartbeat. Default `false`. */
  isHeartbeatAnswered?: boolean;
  /**
   * Whether a frame says only that there is news. Then the newest replaces a queued one, whatever the policy, and none
   * counts as delivered or dropped. Default `false`.
   */
  isNotice?: boolean;
};

/** Entries that leave in one write, their messages, and all their frames in a row. */
export type Chunk = { entries: readonly Entry[]; messages: number; bytes: Buffer };

/** What a subscriber needs of its fan-out. */
export type FanOutContext = {
  readonly log: MessageLog;
  readonly format: WireFormat;
  /** The server's counters. */
  readonly tally: Tally;
  /** Where messages are counted as delivered or dropped: the same, unless these are notices. */
  readonly counted: Tally;
  /** Returns whether it was still there. */
  remove(subscriber: Subscriber): boolean;
  evict(subscriber: Subscriber, reason: string): void;
};
