import type { Sight } from '../../clients/classroom/protocol.ts';
import { BadInput } from '../../servers/message.ts';

/**
 * The books of one client, from its subscription on, kept by the `seq` of what it says that it saw:
 *
 *     subscribed at 3     4  5  6  7  8  9  10  11  12    the log's head is 12
 *                         ✓  ✓  gap   ✓  in the   not
 *                                        inbox    arrived
 *                                  frontier ──┘
 *
 * Every message up to the frontier has arrived or is a gap; every one that has arrived is handled or in the
 * inbox. What a page says that contradicts this is refused.
 */
export class ClientBooks {
  /** The head of the log when it subscribed: the first message owed is the next. */
  readonly startSeq: number;
  /** The last message that it is owed; `undefined` while it is there. */
  endSeq: number | undefined;
  /** Messages that it never got, or gave up. */
  readonly gaps: Gap[] = [];
  #frontier: number;
  /** Messages that have arrived and are not handled: when each was due, by its `seq`. */
  readonly #inbox = new Map<number, number>();

  constructor(startSeq: number) {
    this.startSeq = startSeq;
    this.#frontier = startSeq;
  }

  /** The newest message that has arrived, or is known never to. */
  get frontier(): number {
    return this.#frontier;
  }

  /** Whether everything up to this place has been handled, or is known never to come. */
  hasSettled(seq: number): boolean {
    const end = Math.min(seq, this.endSeq ?? seq);
    return this.#frontier >= end && (this.#oldestInInbox ?? Number.POSITIVE_INFINITY) > end;
  }

  /** A message has arrived that was due at `dueMs`. Throws `BadInput` when it had, or lies ahead of the log. */
  arrived(seq: number, dueMs: number, head: number): void {
    if (seq > head) throw new BadInput(`seq is ${seq}: the log ends at ${head}`);
    if (seq <= this.#frontier)
      throw new BadInput(
        `seq is ${seq}: everything up to ${this.#frontier} had arrived before, or was missed`,
      );
    if (seq > this.#frontier + 1) this.gaps.push({ from: this.#frontier + 1, to: seq - 1, why: 'untold' });
    if (this.#inbox.size >= inboxMax) throw new BadInput(`seq is ${seq}: ${inboxMax} messages wait already`);
    this.#frontier = seq;
    this.#inbox.set(seq, dueMs);
  }

  /** A message has been handled. Returns when it was due. Throws `BadInput` when it is not in the inbox. */
  handled(seq: number): number {
    const dueMs = this.#inbox.get(seq);
    if (dueMs === undefined) throw new BadInput(`seq is ${seq}: it has not arrived, or was handled before`);
    this.#inbox.delete(seq);
    return dueMs;
  }

  /** Messages up to a place, so many, will never come; one that has arrived was given up by the client itself. */
  missed({ upToSeq, count }: Extract<Sight, { kind: 'missed' }>, head: number, why: Gap['why']): void {
    if (upToSeq > head) throw new BadInput(`upToSeq is ${upToSeq}: the log ends at ${head}`);
    if (upToSeq <= this.#frontier) {
      for (let seq = upToSeq - count + 1; seq <= upToSeq; seq += 1) {
        this.handled(seq);
        this.gaps.push({ from: seq, to: seq, why: 'given up' });
      }
      return;
    }
    const from = upToSeq - count + 1;
    if (from <= this.#frontier)
      throw new BadInput(
        `count is ${count}: everything up to ${this.#frontier} had arrived before, or was missed`,
      );
    if (from > this.#frontier + 1) this.gaps.push({ from: this.#frontier + 1, to: from - 1, why: 'untold' });
    this.gaps.push({ from, to: upToSeq, why });
    this.#frontier = upToSeq;
  }

  /** Messages from one place to another that it is owed, when the log ends at the latter. */
  owed(from: number, to: number): number {
    return Math.max(0, Math.min(to, this.endSeq ?? to) - Math.max(from, this.startSeq + 1) + 1);
  }

  /** Messages from one place to another that still wait for it: in its inbox, or anywhere on the way to it. */
  waiting(from: number, to: number): number {
    const inInbox = [...this.#inbox.keys()].filter((seq) => seq >= from && seq <= to).length;
    return inInbox + this.owed(Math.max(from, this.#frontier + 1), to);
  }

  get #oldestInInbox(): number | undefined {
    return this.#inbox.keys().next().value;
  }
}

/** Messages that may wait in one client's inbox. */
const inboxMax = 100_000;

/**
 * Messages in a row that a client has not got.
 *
 *     lost       its page found them missing, without a reason that it knew
 *     fell off   they had fallen off the log
 *     skipped    it came back without its cursor
 *     given up   they arrived, and the client let go of them
 *     untold     the page never spoke of them
 */
export type Gap = { from: number; to: number; why: 'lost' | 'fell off' | 'skipped' | 'given up' | 'untold' };
