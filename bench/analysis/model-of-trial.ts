import type { TransportName } from '../../clients/transports.ts';
import type { Model } from '../result.ts';
import { longPollOnSchedule, notifyOnSchedule, type Occurred, shortPollOnSchedule } from './on-schedule.ts';

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
