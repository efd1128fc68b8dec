import type { Result, Trace, Trial } from '../../bench/result.ts';
import { type TransportName, transportNames } from '../../clients/transports.ts';
import { laneName } from '../charts/lanes.ts';
import type { SwimLane, SwimLanes } from './lanes.ts';

/** The first trace of a result; `undefined` without a trace, or without a message in every lane. */
export function swimLanesOf({ trials }: Result): SwimLanes | undefined {
  const traced = trials.filter(isTraced);
  const own = traced.filter(({ together }) => together === traced[0]?.together);
  const lanes = transportNames.flatMap((name) =>
    own.filter(({ transport }) => transport === name).map((trial) => laneOf(name, trial)),
  );
  const [first, ...others] = lanes;
  const messages = (first?.messages ?? []).filter(({ seq }) =>
    others.every((lane) => lane.messages.some((message) => message.seq === seq)),
  );
  if (messages.length === 0) return undefined;
  const windowMs = Math.max(...own.map(({ durationMs }) => durationMs));
  const lastMs = lanes.flatMap(({ messages, polls }) => [
    ...messages.map(({ handledMs }) => handledMs),
    ...polls.flatMap(({ counted, receivedMs = 0 }) => (counted ? [receivedMs] : [])),
  ]);
  return {
    lanes,
    messages: messages.map(({ seq, dueMs }) => ({ seq, dueMs })),
    endMs: Math.ceil(Math.max(windowMs, ...lastMs)),
    windowMs,
  };
}

type TracedTrial = Trial & { trace: Trace };

function isTraced(trial: Trial): trial is TracedTrial {
  return trial.status === 'ok' && trial.trace !== undefined;
}

function laneOf(transport: TransportName, { parameters, trace, requests, linkMs }: TracedTrial): SwimLane {
  return {
    transport,
    name: laneName(transport, parameters.intervalMs),
    ...trace,
    ...(parameters.holdMs !== undefined && { holdMs: parameters.holdMs }),
    requests: requests.total,
    empty: requests.empty,
    ...(typeof linkMs?.mean === 'number' && { oneWayMs: linkMs.mean }),
  };
}
