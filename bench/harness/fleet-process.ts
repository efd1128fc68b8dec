import { randomLcg } from 'd3-random';
import type { InFlight } from '../../clients/broker/in-flight.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import type { BrokerTransportName } from '../../clients/transports.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Absence } from '../experiment.ts';
import type { Delay } from '../result.ts';
import { measureCapacity } from './capacity.ts';
import { type Handlers, serveCalls } from './child.ts';
import { measureTwice, type TwoReadings } from './closed-loop.ts';
import { measureOneWay } from './echo.ts';
import {
  type ConsumingPlace,
  type FleetGroup,
  type FleetReport,
  Group,
  type Opening,
  type SlowSamples,
} from './group.ts';
import { probes } from './probes/probes.ts';
import { meterWindow, type ProcessUse, until } from './process-meter.ts';
import type { Publications } from './publications.ts';
import { visitorHandlers } from './rooms/room.ts';

/** The simulated clients of a trial, in a process of their own so that their cost is not the server's. */

/** What a fleet does in the window of a trial, beside receiving. */
export type FleetWindow = {
  startMs: number;
  endMs: number;
  /** Sample the slow clients so often; 0 never. */
  sampleEveryMs: number;
  /** Do nothing that wakes the process. */
  quiet: boolean;
  /** The clients publish. */
  publish?: Publications;
  /** Everybody goes away, from so long after the start; `replays` says of each group whether it continues from its cursor; with `dies` they lose what they had in hand. */
  away?: Absence & { replays: boolean[]; dies?: boolean };
  /** The server goes away. */
  outage?: Absence;
  /** The slow clients are slow for this time only. */
  overload?: Absence;
  /** Measure the way to the echo at this port. */
  echo?: { port: number; seed: number };
  /** Ask a polling server in a closed loop. */
  besides?: { url: string; clients: number; intervalMs: number };
};

export type FleetMetered = {
  use: ProcessUse;
  samples: SlowSamples[];
  missedSlots: number[];
  /** What the clients of each group asked for within the window, and how often for nothing. */
  asked: { requests: number; empty: number }[];
  oneWay?: Delay;
  besides?: TwoReadings;
};

/** One way is measured so often in a trial with distance. */
const echoEveryMs = 25;

let groups: Group[] = [];

/** Connects a group. Returns where its polls stand. */
async function connect(wanted: FleetGroup): Promise<{ originMs: number; phasesMs: number[] }> {
  const group = new Group(wanted, wanted.consuming && (await ofBroker(wanted)));
  groups.push(group);
  await group.start();
  return { originMs: group.originMs, phasesMs: group.phasesMs };
}

/** The consumers of a broker. Their libraries are large, and loaded by nobody who doesn't consume. */
async function ofBroker({ transport, consuming }: FleetGroup): Promise<Opening> {
  const { consumersByName } = await import('../../clients/broker/broker-clients.ts');
  const open = consumersByName[transport as BrokerTransportName];
  const { queues, ...place } = consuming as ConsumingPlace;
  const inFlight: InFlight[] = [];
  return {
    inFlight,
    open(options, index) {
      const consumer = open({ ...options, ...place, queue: queues[index] as string }, nodeOpeners);
      inFlight.push(consumer.inFlight);
      return consumer;
    },
  };
}

/** Meters this process within the window, while the window's other work goes on. */
async function meter(window: FleetWindow): Promise<FleetMetered> {
  const { startMs, endMs, sampleEveryMs, quiet, publish, away, outage, overload, echo, besides } = window;
  const samples = groups.map((): SlowSamples => ({ atMs: [], ageMs: [], inbox: [], held: [] }));
  const sample = (atMs: number) => {
    for (const [index, group] of groups.entries()) group.sampleSlow(samples[index] as SlowSamples, atMs);
  };
  await until(startMs);
  const before = groups.map(countsOf);
  if (outage) for (const group of groups) group.expectReturn(startMs + outage.atMs + outage.durationMs);
  const during = sampleEveryMs > 0 ? { everyMs: sampleEveryMs, sample } : undefined;
  const [use, oneWay, readings] = await Promise.all([
    meterWindow(startMs, endMs, { during, quiet }),
    echo && measureOneWay(echo.port, endMs, echoEveryMs, randomLcg(echo.seed)),
    besides && measureTwice({ ...besides, startMs, endMs }),
    publish && Promise.all(groups.map((group) => group.publish(publish, startMs))),
    overload && Promise.all(groups.map((group) => group.slowDown(periodOf(overload, startMs)))),
    away &&
      Promise.all(
        groups.map((group, index) =>
          group.goAway({
            ...periodOf(away, startMs),
            replay: away.replays[index] ?? true,
            dies: away.dies ?? false,
          }),
        ),
      ),
  ]);
  const counted = groups.map((group, index) => {
    const now = countsOf(group);
    const { requests, empty, missedSlots } = before[index] ?? now;
    return {
      requests: now.requests - requests,
      empty: now.empty - empty,
      missedSlots: now.missedSlots - missedSlots,
    };
  });
  return {
    use,
    samples,
    missedSlots: counted.map(({ missedSlots }) => missedSlots),
    asked: counted.map(({ requests, empty }) => ({ requests, empty })),
    ...(oneWay && { oneWay: oneWay.delay }),
    ...(readings && { besides: readings }),
  };
}

function countsOf(group: Group): { requests: number; empty: number; missedSlots: number } {
  return {
    requests: group.count('requests'),
    empty: group.count('empty'),
    missedSlots: group.count('missedSlots'),
  };
}

function periodOf({ atMs, durationMs }: Absence, startMs: number): { fromMs: number; untilMs: number } {
  return { fromMs: startMs + atMs, untilMs: startMs + atMs + durationMs };
}

/**
 * Waits until everybody has everything up to `head`, at most `limitMs`, and reports.
 * With `giveUp` the slow clients handle nothing more: what still waits for them anywhere is fetched
 * and counted as backlog.
 */
async function finish(end: { head: number; limitMs: number; giveUp: boolean }): Promise<FleetReport[]> {
  if (end.giveUp) for (const group of groups) group.giveUp();
  const deadlineMs = nowMs() + end.limitMs;
  while (groups.some((group) => group.isBehind(end.head)) && nowMs() < deadlineMs) await until(nowMs() + 10);
  return groups.map((group) => group.report(end.head));
}

/** Every delay and every response of each group. */
function recordings() {
  return groups.map((group) => group.recordings);
}

function disconnect(): void {
  for (const group of groups) group.stop();
  groups = [];
}

const handlers = {
  connect,
  meter,
  finish,
  recordings,
  disconnect,
  capacity: measureCapacity,
  ...probes,
  ...visitorHandlers,
} satisfies Handlers;

export type FleetHandlers = typeof handlers;

serveCalls(handlers);
