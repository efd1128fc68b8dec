import type { LaneName, Settings } from '../../clients/classroom/protocol.ts';
import { Recorder } from '../harness/recorder.ts';
import type { Counts } from './counts.ts';

/**
 * A stretch: the messages between two changes of what is set. Each one is a trial of its own in the result.
 *
 *     settings   ─ 2/s ──────────────╳─ 2/s, 150 ms away ──────╳─ 40/s, blocked ───
 *     seq        1  2  3  4  5  6  7   8  9 10 11 12 13 14      15 16 17 18 19 20 …
 *     stretch    └────────1────────┘   └────────2────────┘      └───────3──────
 *
 * A message belongs to the stretch in which it was published, whenever it arrives. Requests and bytes belong
 * to the stretch in which they were counted.
 */
export type Stretch = {
  /** Counts from 1. */
  readonly number: number;
  readonly settings: Settings;
  readonly fromSeq: number;
  /** The last of its messages; `undefined` while it lasts. */
  toSeq: number | undefined;
  readonly startMs: number;
  endMs: number;
  readonly before: Tallied;
  after: Tallied;
  /** Messages that were set off by hand. */
  byHand: number;
  /** What clients reported of its messages, by group. */
  readonly accounts: Map<Group, Account>;
};

/** The projector's client of one transport, or the members' clients of it. */
export type Group = `${'lanes' | 'class'}/${LaneName}`;

/** What all servers, and this process, have counted up to some instant. */
export type Tallied = { lanes: Counts; class: Counts; cpuMs: number; rssBytes: number };

/** What the clients of one group reported of one stretch. */
export class Account {
  /** Messages that were handled. */
  delivered = 0;
  /** Delays that are larger than their clock's uncertainty. */
  readonly delays = new Recorder();
  /** Delays that are not, and how uncertain the worst of their clocks was. */
  uncertain = 0;
  uncertaintyMs = 0;
  /** Things said by pages that contradict what they had said before, and the first of them. */
  contradictions = 0;
  contradiction: string | undefined;

  /** A message was handled at this age. `uncertaintyMs` is the clock's. */
  handled(ageMs: number, uncertaintyMs: number): void {
    this.delivered += 1;
    this.uncertaintyMs = Math.max(this.uncertaintyMs, uncertaintyMs);
    if (ageMs > uncertaintyMs) this.delays.record(ageMs);
    else this.uncertain += 1;
  }

  contradicted(why: string): void {
    this.contradictions += 1;
    this.contradiction ??= why;
  }
}

/** The stretches that are not accounted for yet, oldest first; the last one is under way. */
export class Stretches {
  readonly #all: Stretch[] = [];

  /** Other settings from the message after `head` on. A stretch without a message is forgotten. */
  begin(settings: Settings, head: number, atMs: number, tallied: Tallied): void {
    const last = this.#all.at(-1);
    const isEmpty = last !== undefined && last.fromSeq > head;
    if (isEmpty) this.#all.pop();
    else if (last) Object.assign(last, { toSeq: head, endMs: atMs, after: tallied });
    this.#all.push({
      number: isEmpty ? last.number : (last?.number ?? 0) + 1,
      settings,
      fromSeq: head + 1,
      toSeq: undefined,
      startMs: atMs,
      endMs: atMs,
      before: tallied,
      after: tallied,
      byHand: 0,
      accounts: new Map(),
    });
  }

  /** The one under way. */
  get current(): Stretch {
    return this.#all.at(-1) as Stretch;
  }

  /** Those that have ended and are not accounted for, oldest first. */
  get ended(): readonly Stretch[] {
    return this.#all.slice(0, -1);
  }

  /** Takes out the oldest, when it has ended. */
  shift(): Stretch | undefined {
    return this.#all.length > 1 ? this.#all.shift() : undefined;
  }

  /** Where the reports on a message go; `undefined` when its stretch is accounted for already. */
  accountOf(seq: number, group: Group): Account | undefined {
    const stretch = this.#all.findLast(({ fromSeq }) => fromSeq <= seq);
    if (!stretch) return undefined;
    const account = stretch.accounts.get(group) ?? new Account();
    stretch.accounts.set(group, account);
    return account;
  }
}
