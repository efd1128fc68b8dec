import type { Socket } from 'node:net';
import type { Tally } from './endpoint.ts';
import {
  BadInput,
  type Batch,
  type Cursor,
  creditLimit,
  formatCursor,
  invalid,
  parseCursor,
} from './message.ts';
import { defaultBatchLimit, type MessageLog } from './message-log.ts';
import { type Entry, Outbox, type OutboxOptions } from './outbox.ts';

/**
 * One reader of a fan-out, between the log and its socket. It is in one of three states:
 *
 *     catching up   log ──[batch]─────[batch]─────[batch]──► socket      at the socket's pace, by cursor
 *                          each when the one before has left
 *
 *     flowing       fan-out ──[7]──[8]─────────────────────► socket      the shared frames, past the reader
 *
 *     congested     fan-out ──[7]──[8]──►[ outbox ]────────► socket      … and through it, as the socket drains
 *
 * It begins by catching up from its cursor and flows once it has reached the end of the log. So what
 * a newcomer is owed waits in the log, which is there anyway, and only what comes after that can fill
 * its outbox; there the policy decides. Under the policy `credit` no reader flows, as each message is
 * counted, and one that is congested or has nothing left of what it granted goes back to catching up:
 * its backlog is a cursor.
 *
 * A socket is congested when as much waits in it as Node advises (`writableHighWaterMark`). Then
 * 'drain' is sure to follow, and what waits in the outbox can still be dropped; what was written can't.
 */
export class Reader {
  readonly socket: Socket;
  /** Its address and port. Read as it comes: a connection that has broken has none. */
  readonly who: string;
  readonly sayWhy: SayWhy;
  readonly #wire: Wire;
  readonly #outbox: Outbox;
  /** Where a reader that is catching up is in the log. */
  #cursor: Cursor | undefined;
  #isBatchUnderWay = false;
  #isStopped = false;
  /** Messages that it may still be sent. */
  #granted: number;
  /** While something waits in the outbox: up to where the reader has been told what it gets and what it does not. */
  #toldSeq = 0;
  /** The newest message, if that was dropped: nothing that follows tells the reader so, as yet. */
  #untoldSeq: number | undefined;

  /** Writes the first batch at once: it tells the reader where it stands. */
  constructor(socket: Socket, after: Cursor | undefined, wire: Wire, sayWhy: SayWhy, options: OutboxOptions) {
    this.socket = socket;
    this.who = `${socket.remoteAddress}:${socket.remotePort}`;
    this.sayWhy = sayWhy;
    this.#wire = wire;
    this.#outbox = new Outbox(options);
    this.#granted = this.#outbox.policy === 'credit' ? 0 : Number.POSITIVE_INFINITY;
    socket.on('drain', () => this.#flush());
    this.#writeBatch(after);
  }

  /** Messages given up for this reader, superseded ones included. */
  get dropped(): number {
    return this.#outbox.dropped;
  }

  /** Messages that wait for it: in its outbox or, while it catches up, in the log. */
  get waitingMessages(): number {
    return this.#cursor ? this.#wire.log.head - this.#cursor.seq : this.#outbox.messages;
  }

  /** Bytes in its outbox. What waits in the log is not its own, and what waits in the socket not counted here. */
  get waitingBytes(): number {
    return this.#outbox.bytes;
  }

  /** Takes what the fan-out has for everybody, while it does not flow. Returns whether it was written at once. */
  take({ entries, bytes }: Parcel): boolean {
    if (this.#cursor || !this.socket.writable) return false;
    if (this.#outbox.policy !== 'credit') this.#queue(entries);
    else if (this.#isCongested || this.#granted < entries.length) this.#fallBehind(entries[0] as Entry);
    else {
      this.#granted -= entries.length;
      this.socket.write(bytes);
      return true;
    }
    return false;
  }

  /** Is told in its turn of messages that will never come. While it catches up, the log tells it. */
  tellHole(hole: Entry): void {
    if (this.#cursor || !this.socket.writable) return;
    if (this.#outbox.policy === 'credit') this.#fallBehind(hole);
    else if (this.#wire.flowing.has(this.socket)) this.#goOn(this.socket.write(hole.frame));
    else this.#queue([hole]);
  }

  /** Writes a sign of life, unless more is on its way than that. */
  beat(heartbeat: Buffer): void {
    if (this.socket.writable && !this.#isCongested) this.socket.write(heartbeat);
  }

  /** Lets n messages more be sent. Throws `BadInput` when nobody asked for it, or on more than can be counted. */
  grant(credit: number): void {
    if (this.#outbox.policy !== 'credit')
      throw new BadInput(invalid('credit', credit, `none under the policy "${this.#outbox.policy}"`));
    if (this.#granted + credit > creditLimit)
      throw new BadInput(
        invalid(
          'credit',
          credit,
          `at most ${creditLimit - this.#granted}, since ${this.#granted} are already granted`,
        ),
      );
    this.#granted += credit;
    this.#catchUp();
  }

  /** Nothing more is written. */
  stop(): void {
    this.#isStopped = true;
    this.#wire.flowing.delete(this.socket);
    this.#cursor = undefined;
    this.#untoldSeq = undefined;
    this.#outbox.clear();
  }

  get #isCongested(): boolean {
    return this.socket.writableLength >= this.socket.writableHighWaterMark;
  }

  /** Flows from now on, or no more. */
  #goOn(flowing: boolean): void {
    if (flowing && this.#outbox.policy !== 'credit') this.#wire.flowing.add(this.socket);
    else this.#wire.flowing.delete(this.socket);
  }

  #queue(entries: readonly Entry[]): void {
    const droppedBefore = this.#outbox.dropped;
    if (this.#outbox.messages === 0) this.#toldSeq = (entries[0] as Entry).seq - 1;
    for (const entry of entries) {
      const outcome = this.#outbox.offer(entry);
      this.#untoldSeq = outcome === 'dropped' ? entry.seq + (entry.missing ?? 1) - 1 : undefined;
      if (outcome !== 'full') continue;
      this.#wire.evict(this, this.#whyFull);
      break;
    }
    this.#wire.tally.dropped += this.#outbox.dropped - droppedBefore;
  }

  get #whyFull(): string {
    const { messages, bytes, limitBytes, limitMessages } = this.#outbox;
    const limit = messages >= limitMessages ? `${limitMessages} messages` : `${limitBytes} bytes`;
    return `slow consumer: ${messages} messages (${bytes} bytes) wait in the send queue, the limit is ${limit}`;
  }

  /** Writes what waits, oldest first, for as long as the socket has room. */
  #flush(): void {
    if (this.#isStopped || !this.socket.writable) return;
    this.socket.cork();
    while (this.#outbox.messages > 0 && !this.#isCongested) {
      const { seq, frame, missing } = this.#outbox.shift() as Entry;
      this.#tellDropped(seq - 1);
      this.socket.write(frame);
      this.#toldSeq = seq + (missing ?? 1) - 1;
      if (missing === undefined) this.#wire.tally.deliveries += 1;
    }
    if (this.#untoldSeq !== undefined && this.#outbox.messages === 0) {
      this.#tellDropped(this.#untoldSeq);
      this.#untoldSeq = undefined;
    }
    this.socket.uncork();
    if (!this.#cursor) this.#goOn(this.#outbox.messages === 0 && !this.#isCongested);
  }

  /**
   * Says in an empty batch how many messages up to this place were dropped. It moves the reader's cursor past
   * them in the same moment: a reader whose connection breaks has been told of them and does not get them
   * any more, or has not been told and finds them in the log.
   */
  #tellDropped(seq: number): void {
    const dropped = seq - this.#toldSeq;
    if (dropped === 0 || this.#wire.noticesOnly) return;
    const next = formatCursor({ logId: this.#wire.log.id, seq });
    const batch: Batch = { messages: [], next, missed: 0, dropped };
    this.socket.write(this.#wire.frame(JSON.stringify(batch), next, 'batch'));
    this.#toldSeq = seq;
  }

  /** From this entry on it reads the log itself: once everybody else has been told, lest it be told twice. */
  #fallBehind({ seq }: Entry): void {
    this.#cursor = { logId: this.#wire.log.id, seq: seq - 1 };
    setImmediate(() => this.#catchUp());
  }

  #catchUp(): void {
    if (!this.#cursor || this.#isBatchUnderWay || this.#granted === 0 || !this.socket.writable) return;
    this.#writeBatch(this.#cursor);
  }

  /**
   * Writes the next batch; the one after it, when this one has left. A whole log never waits in memory
   * for one reader, and the others have their turn in between.
   */
  #writeBatch(cursor: Cursor | undefined): void {
    const { log, frame, tally } = this.#wire;
    // The readers that are live are told what they have not heard yet, so that this one can join right behind them.
    log.tell();
    const batch = log.after(cursor, {
      messages: Math.min(defaultBatchLimit.messages, this.#granted),
      bytes: writeLimitBytes,
    });
    this.#cursor = batch.more ? parseCursor(batch.next) : undefined;
    this.#granted -= batch.messages.length;
    tally.deliveries += batch.messages.length;
    this.#isBatchUnderWay = true;
    const hasRoom = this.socket.write(frame(JSON.stringify(batch), batch.next, 'batch'), () => {
      this.#isBatchUnderWay = false;
      setImmediate(() => this.#catchUp());
    });
    if (!this.#cursor) this.#goOn(hasRoom);
  }
}

/** The most that is handed to a socket at once, unless one message is larger. What a socket holds can't be taken back. */
export const writeLimitBytes = 64 * 1024;

/** How a transport wraps a text for its wire. SSE also sends where the reader stands and what kind of event it is. */
export type Frame = (text: string, cursor: string, event: 'batch' | 'message') => Buffer;

/** Messages that leave in one write: each with its frame, and all frames in a row. */
export type Parcel = { entries: readonly Entry[]; bytes: Buffer };

/** Tells a reader, in the words of its transport, why it has to go, and ends the connection. */
export type SayWhy = (reason: string) => void;

/**
 * What all readers of a fan-out are connected to. With `noticesOnly` what they get says only that there is
 * news, and what they do not get needs no mention.
 */
export type Wire = {
  log: MessageLog;
  frame: Frame;
  tally: Tally;
  noticesOnly: boolean;
  /** The sockets of the readers that flow: they have been told everything and have room for more. */
  flowing: Set<Socket>;
  /** Is called when a reader is too slow to stay. */
  evict(reader: Reader, reason: string): void;
};
