import {
  type Batch,
  type Cursor,
  formatCursor,
  isBatch,
  type Message,
  parseCursor,
} from '../../servers/log/message.ts';

/**
 * A client's delivery accounting: where it began, where it is, and what went wrong between.
 *
 *     arrived    4   5   7   7   6
 *                        ^   ^   ^ reordered: 6 fills a gap after its successor
 *                        |   duplicated
 *                        a gap of 1
 *
 * It finds gaps in the `seq` of the messages, and doesn't trust the server's counts.
 */
export class Ledger {
  /** The head of the log when the subscription was acknowledged: the first message owed is the next. */
  startSeq: number | undefined;
  /** Messages that never arrived, counted when a later one did. */
  gaps = 0;
  /** Messages that had fallen off the log, as the server declared. */
  missed = 0;
  /** Messages that the server dropped for this client, superseded ones included, as it declared. */
  dropped = 0;
  duplicated = 0;
  reordered = 0;
  /** Logs that replaced an earlier one: restarts of the server. */
  resets = 0;
  #logId = '';
  #seq = 0;
  /** Missing messages, as many as a log keeps: one that comes late is reordered, not a duplicate. Most clients have none. */
  #absent: Set<number> | undefined;

  constructor(after?: string) {
    const cursor = parseCursor(after);
    if (!cursor) return;
    this.#logId = cursor.logId;
    this.#seq = cursor.seq;
    this.startSeq = cursor.seq;
  }

  /** The cursor to ask with; `undefined` before the first response. */
  get cursor(): string | undefined {
    return this.startSeq === undefined ? undefined : formatCursor({ logId: this.#logId, seq: this.#seq });
  }

  /** The newest `seq` that was handed over, or was declared lost. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether this place is ahead, or in another log. */
  isBehind(place: Cursor | undefined): boolean {
    if (!place) return false;
    return this.startSeq === undefined || place.logId !== this.#logId || place.seq > this.#seq;
  }

  /** Gives the messages that are new. Each is entered only as it is given: the cursor is never ahead of the handler. */
  take(delivery: Batch | Message): Iterator<Message> {
    return isBatch(delivery) ? this.#takeBatch(delivery) : this.#messagesOf([delivery]);
  }

  #takeBatch(batch: Batch): Iterator<Message> {
    const { logId, seq } = parseCursor(batch.next) as Cursor;
    if (batch.reset) {
      this.resets += 1;
      this.#seq = 0;
      this.#absent = undefined;
    }
    this.#logId = logId;
    if (this.startSeq === undefined) {
      this.startSeq = seq - batch.messages.length;
      this.#seq = this.startSeq;
    }
    return this.#messagesOf(batch.messages, seq, {
      missed: batch.missed,
      dropped: (batch.dropped ?? 0) + (batch.superseded ?? 0),
    });
  }

  /** Each declared loss is counted where its gap is: a client that goes away in between gets a declaration of the rest only. */
  *#messagesOf(messages: Message[], end = 0, declared = { missed: 0, dropped: 0 }): Generator<Message> {
    for (const message of messages) {
      this.#count(declared, message.seq - 1 - this.#seq);
      if (this.takeMessage(message)) yield message;
    }
    this.#count(declared, Number.POSITIVE_INFINITY);
    // Messages after the last one may be lost as well.
    this.#skipTo(end);
  }

  #count(declared: { missed: number; dropped: number }, gap: number): void {
    const missed = Math.max(0, Math.min(declared.missed, gap));
    const dropped = Math.max(0, Math.min(declared.dropped, gap - missed));
    this.missed += missed;
    this.dropped += dropped;
    declared.missed -= missed;
    declared.dropped -= dropped;
  }

  /** Enters one message. Returns false when it had arrived before. */
  takeMessage({ seq }: Message): boolean {
    if (seq <= this.#seq) {
      const late = this.#absent?.delete(seq) ?? false;
      if (late) {
        this.reordered += 1;
        this.gaps -= 1;
      } else this.duplicated += 1;
      return late;
    }
    this.#skipTo(seq - 1);
    this.#seq = seq;
    return true;
  }

  #skipTo(seq: number): void {
    if (seq <= this.#seq) return;
    const first = Math.max(this.#seq + 1, seq + 1 - 20_000);
    this.#absent ??= new Set();
    for (let absent = first; absent <= seq; absent += 1) this.#absent.add(absent);
    this.gaps += seq - this.#seq;
    this.#seq = seq;
  }
}
