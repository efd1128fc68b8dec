import { type Exchange, isPolling, type Lane, type Mark } from './lane.ts';
import type { Published } from './published.ts';

/**
 * What the picture of a lane shows of the last seconds, in instants and not yet in pixels: a bounded number
 * of things, however many messages there are. Where there are too many, every second, fourth, eighth … is
 * shown, the same ones in each picture, and `oneIn` says so.
 */
export type Picture = {
  messages: Mark[];
  /** Messages that are known to exist and have not arrived here: they wait at the server or are on their way. */
  outstanding: { seq: number; dueMs: number }[];
  exchanges: Exchange[];
  /** Spans in which a pushed lane's connection is open. An end that is not known yet lies in the future. */
  connections: { fromMs: number; toMs: number }[];
  absences: { fromMs: number; toMs: number }[];
  /** One message in so many is shown. */
  oneIn: number;
  /** One request in so many is shown. */
  oneRequestIn: number;
};

/** Messages, and requests, that one picture shows at most: thirty a second over ten seconds. */
export const shownMax = 300;

export function pictureOf(lane: Lane, published: Published, nowMs: number, spanMs: number): Picture {
  const fromMs = nowMs - spanMs;
  const marks = sinceMs(lane.marks, (mark) => mark.handledMs ?? nowMs, fromMs);
  const exchanges = sinceMs(lane.exchanges, (exchange) => endOf(exchange, lane) ?? nowMs, fromMs);
  const waiting = published.head - lane.seq;
  const oneIn = ratio(marks.length + waiting);
  const oneRequestIn = isPolling(lane.name) ? ratio(exchanges.length) : 1;
  return {
    messages: marks.filter(({ seq }) => seq % oneIn === 0),
    outstanding: outstandingOf(lane, published, oneIn),
    exchanges: exchanges.filter(({ index }) => index % oneRequestIn === 0),
    connections: isPolling(lane.name) ? [] : exchanges.flatMap((one) => openSpan(one)),
    absences: lane.absences
      .map((absence) => ({ fromMs: absence.fromMs, toMs: absence.toMs ?? Number.POSITIVE_INFINITY }))
      .filter(({ toMs }) => toMs > fromMs),
    oneIn,
    oneRequestIn,
  };
}

/** Those of a past in order that had not ended before an instant. */
function sinceMs<T>(past: readonly T[], endMs: (entry: T) => number, fromMs: number): T[] {
  let first = past.length;
  while (first > 0 && endMs(past[first - 1] as T) >= fromMs) first -= 1;
  return past.slice(first);
}

function endOf({ answerMs, endMs }: Exchange, lane: Lane): number | undefined {
  return isPolling(lane.name) ? (answerMs ?? endMs) : endMs;
}

function openSpan({ answerMs, endMs }: Exchange): { fromMs: number; toMs: number }[] {
  return answerMs === undefined ? [] : [{ fromMs: answerMs, toMs: endMs ?? Number.POSITIVE_INFINITY }];
}

function outstandingOf(lane: Lane, published: Published, oneIn: number): Picture['outstanding'] {
  const outstanding: Picture['outstanding'] = [];
  const first = Math.ceil((lane.seq + 1) / oneIn) * oneIn;
  for (let seq = first; seq <= published.head && outstanding.length < shownMax; seq += oneIn)
    outstanding.push({ seq, dueMs: published.dueMsOf(seq) });
  return outstanding;
}

/** The least power of two that leaves no more than may be shown: it changes seldom, and keeps what it showed before. */
function ratio(count: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(count / shownMax)));
}
