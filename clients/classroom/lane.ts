import { connectsAnew } from './habits.ts';
import type { LaneCounts, LaneFigures, LaneName, Settings, Sight } from './protocol.ts';
import type { Published } from './published.ts';
import { Silence, silenceLimitMs } from './silence.ts';

/**
 * One lane as the page knows it, made of what its client saw: counters over all of it, ages of the latest
 * messages, and a bounded past for the picture. No clock and no screen: instants come with the sights.
 *
 *     sights ──► totals         since the client began: held against the server's own counts
 *            ──► figures        since the settings last changed: what the screen shows
 *            ──► exchanges, marks, absences   the recent past, for drawing
 */
export class Lane {
  readonly name: LaneName;
  readonly totals: Totals = newTotals();
  /** Requests and connections, in the order in which they began. */
  readonly exchanges: Exchange[] = [];
  /** Messages, in the order in which they arrived. */
  readonly marks: Mark[] = [];
  /** When it was out of reach. The last one may not have ended. */
  readonly absences: { fromMs: number; toMs: number | undefined }[] = [];
  /** The server's counts beside the page's, as they stood when the former came. */
  compared: Compared | undefined;
  /** What the server counted last. */
  counts: LaneCounts | undefined;
  readonly #published: Published;
  readonly #underWay = new Map<number, Exchange>();
  /** What is in the inbox, oldest first. */
  readonly #inbox: Mark[] = [];
  /** The newest message that arrived or is known to be missing. */
  #seq: number | undefined;
  #answer: Exchange | undefined;
  #ages: number[] = [];
  #maxMs: number | null = null;
  #lastMs: number | null = null;
  #stretch = {
    fromMs: Number.NEGATIVE_INFINITY,
    totals: newTotals(),
    bytes: undefined as number | undefined,
  };
  #scene = { missed: 0, reconnects: 0 };
  readonly #silence = new Silence();

  constructor(name: LaneName, published: Published) {
    this.name = name;
    this.#published = published;
  }

  /**
   * Enters an event of its client. `oneWayMs` is the distance that is emulated at the time. Returns the latency
   * of a message that was handled, if it is one of those that count: published since the settings last changed.
   */
  take(sight: Sight, oneWayMs: number): number | undefined {
    if (sight.kind !== 'request' && sight.kind !== 'failure') this.#silence.end();
    if (sight.kind === 'request') this.#onRequest(sight);
    else if (sight.kind === 'answer') this.#onAnswer(sight, oneWayMs);
    else if (sight.kind === 'failure') this.#onFailure(sight);
    else if (sight.kind === 'arrived') this.#onArrived(sight, oneWayMs);
    else if (sight.kind === 'handled') return this.#onHandled(sight);
    else if (sight.kind === 'missed') this.#onMissed(sight);
    else this.#seq = sight.seq;
    return undefined;
  }

  /** Enters what the server counted, beside what the page has counted by now. */
  takeCounts(counts: LaneCounts): void {
    const { answered, empty, arrived } = this.totals;
    this.counts = counts;
    this.#stretch.bytes ??= bytesOf(counts);
    this.compared = {
      messages: { server: counts.deliveries, page: arrived },
      requests: { server: counts.requests, page: answered },
      empty: { server: counts.empty, page: isPolling(this.name) ? empty : 0 },
    };
  }

  /** Something else is set from this instant on, in another scene or in the same. */
  setSettings(before: Settings, now: Settings, isScene: boolean, atMs: number): void {
    if (isScene || differs(before, now)) this.#beginStretch(atMs, isScene);
    // That connection is no reconnect: it was asked for.
    if (connectsAnew(this.name, before, now)) this.#scene.reconnects += 1;
    this.setOffline(now.offline.includes(this.name), atMs);
  }

  /** Is out of reach from this instant on, or back. */
  setOffline(isOffline: boolean, atMs: number): void {
    const last = this.absences.at(-1);
    if (isOffline === this.#isOffline) return;
    if (isOffline) keep(this.absences, { fromMs: atMs, toMs: undefined });
    else if (last) last.toMs = atMs;
  }

  get #isOffline(): boolean {
    const last = this.absences.at(-1);
    return last !== undefined && last.toMs === undefined;
  }

  /** How far its data are behind: since when the oldest message was due that it has not handled. 0 when it has all. */
  behindMs(nowMs: number): number {
    const [oldest] = this.#inbox;
    if (oldest) return Math.max(0, nowMs - oldest.dueMs);
    const { seq } = this;
    return seq < this.#published.head ? Math.max(0, nowMs - this.#published.dueMsOf(seq + 1)) : 0;
  }

  /** The server's log has got to here: newer messages than this lane has may exist. */
  learnHead(head: number, atMs: number): void {
    this.#published.learnHead(head, atMs);
  }

  /**
   * Whether its connection must be dead: there are newer messages, or it has never subscribed, and this lane has
   * heard nothing for too long. `busyMs`: how long its client may be blocked. A short poll notices by itself. To be asked once a second.
   */
  isSilent(nowMs: number, busyMs = 0): boolean {
    const silentMs = this.#silence.upTo(nowMs);
    // The server acknowledges a subscription at once, with or without news.
    const isUpToDate = this.#seq !== undefined && this.#seq >= this.#published.head;
    if (this.name === 'short-poll' || isUpToDate || this.#isOffline) this.#silence.end();
    else if (silentMs >= silenceLimitMs + busyMs) {
      this.#silence.end();
      return true;
    }
    return false;
  }

  /** The newest message that it has, or knows to be missing; before its subscription all there is. */
  get seq(): number {
    return this.#seq ?? this.#published.head;
  }

  /** Messages that it has read and not handled. */
  get inboxMessages(): number {
    return this.#inbox.length;
  }

  /** Whether its connection is open just now; of a poll, whether one is being held. */
  get isConnected(): boolean {
    return this.#underWay.size > 0;
  }

  /** What there is to say since the settings last changed; losses and reconnects since the scene did. */
  get figures(): LaneFigures {
    const before = this.#stretch.totals;
    const sorted = [...this.#ages].sort((a, b) => a - b);
    return {
      messages: this.totals.handled - before.handled,
      p50Ms: quantile(sorted, 0.5),
      p95Ms: quantile(sorted, 0.95),
      maxMs: this.#maxMs,
      lastMs: this.#lastMs,
      requests: this.totals.answered - before.answered,
      empty: isPolling(this.name) ? this.totals.empty - before.empty : 0,
      bytes: this.counts
        ? Math.max(0, bytesOf(this.counts) - (this.#stretch.bytes ?? bytesOf(this.counts)))
        : 0,
      missed: this.totals.missed - this.#scene.missed,
      reconnects: Math.max(0, this.#reconnects - this.#scene.reconnects),
      inboxMessages: this.inboxMessages,
      backlogBytes: this.counts?.backlogBytes ?? 0,
    };
  }

  /** Connections beyond the first; who polls has come back as often as it was away. */
  get #reconnects(): number {
    if (isPolling(this.name)) return this.absences.filter(({ toMs }) => toMs !== undefined).length;
    return Math.max(0, this.totals.answered - 1);
  }

  /** Figures begin again. With another scene, losses do as well. */
  #beginStretch(atMs: number, isScene: boolean): void {
    this.#stretch = { fromMs: atMs, totals: { ...this.totals }, bytes: undefined };
    this.#ages = [];
    this.#maxMs = null;
    this.#lastMs = null;
    if (isScene) this.#scene = { missed: this.totals.missed, reconnects: this.#reconnects };
  }

  #onRequest({ id, atMs }: Extract<Sight, { kind: 'request' }>): void {
    const exchange: Exchange = {
      index: this.totals.sent,
      requestMs: atMs,
      answerMs: undefined,
      endMs: undefined,
      messages: 0,
      oneWayMs: 0,
    };
    this.totals.sent += 1;
    this.#underWay.set(id, exchange);
    keep(this.exchanges, exchange);
  }

  #onAnswer({ id, atMs, messages }: Extract<Sight, { kind: 'answer' }>, oneWayMs: number): void {
    this.totals.answered += 1;
    if (messages === 0) this.totals.empty += 1;
    const exchange = this.#underWay.get(id);
    if (!exchange) return;
    // What is not on the way is held: the emulated distance is the least that a way takes.
    exchange.oneWayMs = Math.min(oneWayMs, (atMs - exchange.requestMs) / 2);
    exchange.answerMs = atMs;
    exchange.messages = messages;
    this.#answer = exchange;
    if (isPolling(this.name)) this.#underWay.delete(id);
  }

  #onFailure({ id, atMs }: Extract<Sight, { kind: 'failure' }>): void {
    this.totals.failures += 1;
    const exchange = this.#underWay.get(id);
    if (exchange) exchange.endMs = atMs;
    this.#underWay.delete(id);
  }

  #onArrived({ seq, dueMs, atMs }: Extract<Sight, { kind: 'arrived' }>, oneWayMs: number): void {
    this.totals.arrived += 1;
    this.#seq = seq;
    this.#published.learn(seq, dueMs);
    const answer = this.#answer;
    const isOfAnswer = isPolling(this.name) || (answer !== undefined && dueMs < answer.requestMs);
    const leftMs = isOfAnswer && answer ? (answer.answerMs ?? atMs) - answer.oneWayMs : dueMs;
    const mark = {
      seq,
      dueMs,
      leftMs: Math.min(Math.max(dueMs, leftMs), atMs),
      arrivedMs: atMs,
      handledMs: undefined,
      oneWayMs,
    };
    keep(this.marks, mark);
    this.#inbox.push(mark);
  }

  #onHandled({ seq, atMs }: Extract<Sight, { kind: 'handled' }>): number | undefined {
    this.totals.handled += 1;
    let mark = this.#inbox.shift();
    while (mark && mark.seq < seq) mark = this.#inbox.shift();
    if (!mark) return undefined;
    mark.handledMs = atMs;
    this.#lastMs = atMs - mark.dueMs;
    if (mark.dueMs < this.#stretch.fromMs) return undefined;
    this.#maxMs = Math.max(this.#maxMs ?? 0, this.#lastMs);
    keep(this.#ages, this.#lastMs, agesKept);
    return this.#lastMs;
  }

  #onMissed({ upToSeq, count }: Extract<Sight, { kind: 'missed' }>): void {
    this.totals.missed += count;
    this.#seq = Math.max(this.seq, upToSeq);
  }
}

/** A request with its answer; of a pushed lane, a connection with its first batch and its end. */
export type Exchange = {
  /** How many came before it. */
  index: number;
  requestMs: number;
  answerMs: number | undefined;
  /** When it failed, or the connection ended. */
  endMs: number | undefined;
  messages: number;
  /** How long each way took, as far as it is known. */
  oneWayMs: number;
};

/** A message's way: due at the server, gone from there, arrived at the page, handled. */
export type Mark = {
  seq: number;
  dueMs: number;
  leftMs: number;
  arrivedMs: number;
  handledMs: number | undefined;
  oneWayMs: number;
};

/** What a lane has counted since its client began. */
export type Totals = {
  sent: number;
  answered: number;
  empty: number;
  failures: number;
  arrived: number;
  handled: number;
  missed: number;
};

/** One count of two accountants. */
export type Compared = Record<'messages' | 'requests' | 'empty', { server: number; page: number }>;

/** Whether a lane asks again and again. */
export function isPolling(name: LaneName): boolean {
  return name === 'long-poll' || name === 'short-poll';
}

/** Ages whose quantiles are shown. */
export const agesKept = 1000;

/** Entries of the past that are kept for drawing: half a minute and more of the highest rate. */
const pastKept = 8192;

/** Whether figures before and after can't be counted together. Who is out of reach, and how they come back, does not matter. */
export function differs(before: Settings, now: Settings): boolean {
  const of = ({ offline, replay, ...others }: Settings) => JSON.stringify(others);
  return of(before) !== of(now);
}

function newTotals(): Totals {
  return { sent: 0, answered: 0, empty: 0, failures: 0, arrived: 0, handled: 0, missed: 0 };
}

/** Appends, and lets go of the oldest now and then, so that as many remain at least. */
function keep<T>(past: T[], entry: T, kept = pastKept): void {
  past.push(entry);
  if (past.length >= 2 * kept) past.splice(0, kept);
}

/** The value that a share of the sorted ones does not exceed. `null` of nothing. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

function bytesOf({ bytesToClients, bytesToServer }: LaneCounts): number {
  return bytesToClients + bytesToServer;
}
