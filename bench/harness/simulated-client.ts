import type { Receiver } from '../../clients/client.ts';
import { Consumer, type ConsumerOptions } from '../../clients/consumer.ts';
import { formatCursor, type Message, parseCursor } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { emptyBooks } from '../analysis/books.ts';
import type { Books } from '../result.ts';
import type { Recorder } from './recorder.ts';

/** How a simulated client receives and handles messages. */
export type SimulatedClientOptions = {
  /** Makes its receiver, which continues from a cursor or, without one, begins at the end of the log. */
  open: (after?: string) => Receiver;
  /** It belongs to the slow ones. */
  slow?: boolean;
  /** What this host's clock shows more than the source's. Default 0: it is the same. */
  clockOffsetMs?: number;
  /** Time to handle one message; 0 handles it at once. A slow client stops reading when its inbox is full. */
  handlingMs: number;
  /** Messages that may wait in its inbox; with `Infinity` it never stops reading. */
  inboxLimit?: number;
  /** Where to enter the age of a message that was due at this instant. */
  recorderAt: (dueMs: number) => Recorder;
};

/** A message, when it was due and when it was handled; monotonic milliseconds. */
export type Handled = { seq: number; dueMs: number; atMs: number };

/** One client of a load generator: a receiver, what it does to its messages, and its delivery accounting. It may go away and come back. */
export class SimulatedClient implements ConsumerOptions {
  receiver: Receiver;
  readonly consumer: Consumer;
  readonly slow: boolean;
  delivered = 0;
  waiting = 0;
  lastAgeMs: number | null = null;
  /** Messages of the time before `returnMs` that came after it, and when the last of them and the first new one came. */
  replayed = { count: 0, lastAtMs: null as number | null, firstNewAtMs: null as number | null };
  /** Every message that it has handled, in that order: kept where somebody wants to see. */
  history: Handled[] | undefined;
  readonly handlingMs: number;
  readonly inboxLimit: number | undefined;
  readonly #open: SimulatedClientOptions['open'];
  readonly #recorderAt: SimulatedClientOptions['recorderAt'];
  readonly #clockOffsetMs: number;
  readonly #earlier: Receiver[] = [];
  /** Where it begins again after a death. */
  #resumeAt: string | undefined;
  #handledSeq = 0;
  #returnMs = Number.POSITIVE_INFINITY;
  /** Messages between where it left and where it began again. */
  #skipped = 0;
  #gaveUp = false;

  constructor({
    open,
    slow = false,
    clockOffsetMs = 0,
    handlingMs,
    inboxLimit,
    recorderAt,
  }: SimulatedClientOptions) {
    this.#open = open;
    this.receiver = open();
    this.slow = slow;
    this.handlingMs = handlingMs;
    this.inboxLimit = inboxLimit;
    this.#recorderAt = recorderAt;
    this.#clockOffsetMs = clockOffsetMs;
    this.consumer = new Consumer(this);
  }

  /** The consumer's inbox is full. */
  pause(): void {
    this.receiver.pause();
  }

  /** There is room in it again. */
  resume(): void {
    this.receiver.resume();
  }

  /** The consumer has got to this message. */
  handle({ seq, dueMs }: Message): void {
    const ownDueMs = dueMs + this.#clockOffsetMs;
    this.#record(seq, ownDueMs, this.#recorderAt(ownDueMs));
  }

  /** The consumer is done with so many. */
  handled(count: number): void {
    this.receiver.handled?.(count);
  }

  /** Connects, and takes what comes. */
  start(): Promise<void> {
    return this.receiver.start((message) => this.consumer.take(message));
  }

  /** Disconnects, as whoever walks out of the network's reach. */
  leave(): void {
    this.receiver.stop();
  }

  /** Dies, with all that it had in hand. Who comes back in its place begins behind what was handled. */
  die(): void {
    const cursor = parseCursor(this.receiver.ledger.cursor);
    this.#resumeAt = cursor && formatCursor({ ...cursor, seq: this.#handledSeq });
    this.consumer.forget();
    this.receiver.stop();
  }

  /** Comes back with a new receiver, from where it was or, without `replay`, from wherever the log is now. */
  async comeBack(replay: boolean): Promise<void> {
    const before = this.receiver;
    this.expectReturn(nowMs());
    this.#earlier.push(before);
    this.receiver = this.#open(replay ? (this.#resumeAt ?? before.ledger.cursor) : undefined);
    await this.start();
    if (!replay) this.#skipped += (this.receiver.ledger.startSeq ?? 0) - before.ledger.seq;
  }

  /** From this instant on tells what was due before it from what is new. */
  expectReturn(returnMs: number): void {
    this.#returnMs = returnMs;
  }

  /** From now on counts what was still waiting anywhere, instead of handling it. */
  giveUp(): void {
    this.#gaveUp = true;
    this.waiting += this.consumer.giveUp();
  }

  /** How many messages it has found missing in the sequence. */
  get gaps(): number {
    return this.#sum(({ ledger }) => ledger.gaps) + this.#skipped;
  }

  /** A counter, added up over its lives. */
  count(counter: 'requests' | 'empty' | 'missedSlots' | 'failures'): number {
    return this.#sum(({ counters }) => counters[counter]);
  }

  /** Its delivery accounting, when the log ended at `head`. */
  books(head: number): Books {
    const [first = this.receiver] = this.#earlier;
    return {
      ...emptyBooks(),
      expected: head - (first.ledger.startSeq ?? head),
      delivered: this.delivered,
      dropped: this.#sum(({ ledger }) => ledger.dropped),
      missed: this.#sum(({ ledger }) => ledger.missed) + this.#skipped,
      duplicated: this.#sum(({ ledger }) => ledger.duplicated),
      reordered: this.#sum(({ ledger }) => ledger.reordered),
      backlogAtEnd: this.waiting,
    };
  }

  #sum(of: (receiver: Receiver) => number): number {
    return [...this.#earlier, this.receiver].reduce((sum, receiver) => sum + of(receiver), 0);
  }

  #record(seq: number, dueMs: number, recorder: Recorder): void {
    this.#handledSeq = seq;
    if (this.#gaveUp) {
      this.waiting += 1;
      return;
    }
    const atMs = nowMs();
    this.delivered += 1;
    this.lastAgeMs = atMs - dueMs;
    recorder.record(this.lastAgeMs);
    this.history?.push({ seq, dueMs, atMs });
    if (atMs < this.#returnMs) return;
    if (dueMs < this.#returnMs) {
      this.replayed.count += 1;
      this.replayed.lastAtMs = atMs - this.#returnMs;
    } else this.replayed.firstNewAtMs ??= atMs - this.#returnMs;
  }
}
