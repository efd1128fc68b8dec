import type { TransportName } from '../../clients/transports.ts';
import type { Model } from '../result.ts';

/**
 * The models run on the instants that really occurred. A closed form speaks of a long run; one short
 * trial has the luck of its own messages. Here each transport is played through, message by message,
 * with nothing but distance: what remains between this and a measurement is the machine.
 *
 * All times are milliseconds from the start of the window, messages in order.
 */
export type Appearance = {
  /** When it was planned: its age counts from here. */
  dueMs: number;
  /** When the servers had it, before any wrote it: a source wakes a little late, and what it appends in one turn is there at once. */
  atMs: number;
};

export type Occurred = {
  messages: readonly Appearance[];
  /** Measured one-way delay between client and server. */
  oneWayMs: number;
  durationMs: number;
};

/**
 * Short polls: the polls of each phase reach the server at `phase + k·T + d`; a message goes with the
 * first that comes after it, and takes d back.
 */
export function shortPollOnSchedule(
  { messages, oneWayMs, durationMs }: Occurred,
  phasesMs: readonly number[],
  intervalMs: number,
): Model {
  let sumMs = 0;
  let polls = 0;
  let empty = 0;
  for (const phaseMs of phasesMs) {
    const firstMs = (((phaseMs + oneWayMs) % intervalMs) + intervalMs) % intervalMs;
    for (const { dueMs, atMs } of messages)
      sumMs += atMs - dueMs + untilNext(atMs, firstMs, intervalMs) + oneWayMs;
    let next = 0;
    // A poll that comes at the very start finds what was there before it: nothing.
    for (let atMs = firstMs; atMs < durationMs; atMs += intervalMs) {
      const first = next;
      while (next < messages.length && (messages[next] as Appearance).atMs <= atMs) next += 1;
      polls += 1;
      if (next === first) empty += 1;
    }
  }
  return modelOf(
    sumMs / (messages.length * phasesMs.length),
    polls / phasesMs.length,
    durationMs,
    empty / polls,
  );
}

/**
 * One long poll. Parked, it is answered when a message comes or the hold runs out; the answer takes d,
 * the next request d again, and what has come by then is answered at once.
 */
export function longPollOnSchedule({ messages, oneWayMs, durationMs }: Occurred, holdMs: number): Model {
  let sumMs = 0;
  let answers = 0;
  let empty = 0;
  let next = 0;
  // It was parked before the window began, and its hold began then.
  let parkedMs = 0;
  while (parkedMs < durationMs || next < messages.length) {
    const atMs = messages[next]?.atMs ?? Number.POSITIVE_INFINITY;
    const answeredMs = Math.min(parkedMs + holdMs, Math.max(parkedMs, atMs));
    const first = next;
    for (; next < messages.length && (messages[next] as Appearance).atMs <= answeredMs; next += 1)
      sumMs += answeredMs - (messages[next] as Appearance).dueMs + oneWayMs;
    if (answeredMs < durationMs) {
      answers += 1;
      if (next === first) empty += 1;
    }
    parkedMs = answeredMs + 2 * oneWayMs;
  }
  return modelOf(sumMs / messages.length, answers, durationMs, empty / answers);
}

/**
 * Notify-then-fetch: the notice takes d, the request d, the answer d. The answer carries all that has
 * come by the time it is given, and a notice that came meanwhile makes the client ask again at once.
 */
export function notifyOnSchedule({ messages, oneWayMs, durationMs }: Occurred): Model {
  let sumMs = 0;
  let answers = 0;
  let next = 0;
  let idleSinceMs = 0;
  while (next < messages.length) {
    const askedMs = Math.max(idleSinceMs, (messages[next] as Appearance).atMs + oneWayMs);
    const answeredMs = askedMs + oneWayMs;
    for (; next < messages.length && (messages[next] as Appearance).atMs <= answeredMs; next += 1)
      sumMs += answeredMs - (messages[next] as Appearance).dueMs + oneWayMs;
    if (answeredMs < durationMs) answers += 1;
    idleSinceMs = answeredMs + oneWayMs;
  }
  return modelOf(sumMs / messages.length, answers, durationMs, 0);
}

/** What a trial gave to its model: the instants of its messages, the measured distance, and how its clients asked. */
export type TrialFacts = Occurred & {
  transport: TransportName;
  clients: number;
  intervalMs: number;
  holdMs: number;
  phasesMs: readonly number[];
  /** Mean time from the first to the last write of a fan-out, where there was one. */
  fanOutSpanMs: number | undefined;
};

/** Runs the model of one trial on what really occurred in it. `undefined` where there is no model. */
export function modelOfTrial(facts: TrialFacts): Model | undefined {
  const { transport, messages, oneWayMs, clients, fanOutSpanMs } = facts;
  if (messages.length === 0) return undefined;
  if (transport === 'short-poll')
    return ofAll(shortPollOnSchedule(facts, facts.phasesMs, facts.intervalMs), clients);
  if (transport === 'long-poll') return ofAll(longPollOnSchedule(facts, facts.holdMs), clients);
  // A client that rests between two fetches is between the two models, and has none of its own.
  if (transport === 'notify')
    return facts.intervalMs > 0 ? undefined : ofAll(notifyOnSchedule(facts), clients);
  // A fan-out is serial: on average a client waits for half of it. `atMs` is the instant before its first write.
  const lateMs = messages.reduce((sum, { dueMs, atMs }) => sum + atMs - dueMs, 0) / messages.length;
  return { meanMs: lateMs + oneWayMs + (fanOutSpanMs ?? 0) / 2, requestsPerSecond: 0 };
}

function ofAll(model: Model, clients: number): Model {
  return { ...model, requestsPerSecond: (model.requestsPerSecond ?? 0) * clients };
}

/** `requestsPerSecond` is one client's. Where there was no message or no answer, there is no mean and no share. */
function modelOf(meanMs: number, requests: number, durationMs: number, emptyShare: number): Model {
  return {
    ...(Number.isFinite(meanMs) && { meanMs }),
    requestsPerSecond: (requests * 1000) / durationMs,
    ...(Number.isFinite(emptyShare) && { emptyShare }),
  };
}

/** From an instant to the next of a row of slots. */
function untilNext(atMs: number, firstMs: number, intervalMs: number): number {
  const sinceMs = (((atMs - firstMs) % intervalMs) + intervalMs) % intervalMs;
  return sinceMs === 0 ? 0 : intervalMs - sinceMs;
}
