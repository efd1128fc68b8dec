import {
  type Batch,
  type Cursor,
  formatCursor,
  type Message,
  parseCursor,
} from '../../servers/log/message.ts';

/** Absent messages of one gap that are told from duplicates when they come after all: the newest, as many as a log keeps. */
const absentMax = 20_000;

/**
 * A client's own account of the sequence: where it began, where it is, and what went wrong between.
 *
 *     arrived    4   5   7   7   6
 *                        ^   ^   ^ reordered: 6 fills a gap after its successor
 *                        |   duplicated
 *                        a gap of one
 *
 * It believes nobody: gaps are found in the `seq` of what arrives, not in what servers say.
 */
export class Ledger {
  /** The head of the log when the subscription was acknowledged: the first message owed is the next. */
  startSeq: number | undefined;
  /** Messages that never came, counted when a later one did. */
  gaps = 0;
  /** Messages of which the server said that they had fallen off its log. */
  missed = 0;
  /** Messages of which the server said that it had given them up for this client, superseded ones included. */
  dropped = 0;
  duplicated = 0;
  reordered = 0;
  /** Logs that took the place of the one before: restarts of the server. */
  resets = 0;
  #logId = '';
  #seq = 0;
  /** Made when the first gap is found: most clients never have one. */
  #absent: Set<number> | undefined;

  /** A client that was here before continues from its `after`. */
  constructor(after?: string) {
    const cursor = parseCursor(after);
    if (!cursor) return;
    this.#logId = cursor.logId;
    this.#seq = cursor.seq;
    this.startSeq = cursor.seq;
  }

  /** The cursor to ask with; `undefined` before the first answer. */
  get cursor(): string | undefined {
    return this.startSeq === undefined ? undefined : formatCursor({ logId: this.#logId, seq: this.#seq });
  }

  /** The newest `seq` that has arrived, or was declared lost. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether there is more to be had up to this place: it lies ahead, or in another log. */
  isBehind(place: Cursor | undefined): boolean {
    if (!place) return false;
    return this.startSeq === undefined || place.logId !== this.#logId || place.seq > this.#seq;
  }

  /** Enters a batch and returns its messages that are new. */
  takeBatch(batch: Batch): Message[] {
    const next = parseCursor(batch.next);
    if (!next) return [];
    if (batch.reset) {
      this.resets += 1;
      this.#seq = 0;
      this.#absent = undefined;
    }
    this.#logId = next.logId;
    if (this.startSeq === undefined) {
      this.startSeq = next.seq - batch.messages.length;
      this.#seq = this.startSeq;
    }
    this.missed += batch.missed;
    this.dropped += (batch.dropped ?? 0) + (batch.superseded ?? 0);
    const fresh = batch.messages.filter((message) => this.takeMessage(message));
    // The log moved past messages that nobody can have any more.
    if (next.seq > this.#seq) this.#skipTo(next.seq);
    return fresh;
  }

  /** Enters one message; false when it had arrived before. */
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
    const first = Math.max(this.#seq + 1, seq + 1 - absentMax);
    this.#absent ??= new Set();
    for (let absent = first; absent <= seq; absent += 1) this.#absent.add(absent);
    this.gaps += seq - this.#seq;
    this.#seq = seq;
  }
}
