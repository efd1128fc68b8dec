import { randomLcg } from 'd3-random';
import type { InFlight } from '../../clients/broker/in-flight.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import type { BrokerTransportName } from '../../clients/transports.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Absence, PathsPlan, TrialPlan } from '../experiment.ts';
import type { Delay } from '../result.ts';
import { type Handlers, serveCalls } from './child.ts';
import {
  type AskedCounts,
  type ClientGroup,
  type ConsumingPlace,
  Group,
  type GroupReport,
  type Opening,
  type Period,
  type SlowSamples,
} from './group.ts';
import type { PathCell } from './paths/path-matrix.ts';
import { probeAutocannon } from './probes/autocannon.ts';
import { measureCapacity } from './probes/capacity.ts';
import { measureTwice, type TwoReadings } from './probes/closed-loop.ts';
import { measureOneWay } from './probes/echo.ts';
import { probeWireBytes } from './probes/wire-bytes.ts';
import { meterWindow, type ProcessUse, until } from './process-meter.ts';
import { comeAndGo, holdParty } from './rooms/visitors.ts';
import type { LostServer } from './server-process.ts';

/**
 * The load generator: the simulated clients of a trial, in a process of their own so that their cost is not the
 * server's. The clients' side of probes is here too.
 */

/** The clients of a trial, in one process, in several or at agents. All instants are those of this machine's clock. */
export interface LoadGenerator {
  /** Time between the order to begin and the beginning: the order has to arrive everywhere. */
  readonly leadMs: number;
  /** Connects a group. Where the same servers listen on several `ports`, clients are spread over them. */
  connect(group: ClientGroup, ports: readonly number[]): Promise<PollSlots>;
  /** Meters the processes of the clients. */
  meter(window: LoadWindow, limitMs: number): Promise<LoadMetered>;
  /** Waits until every client has every message, except for clients of a lost server. Returns a report of each group. */
  finish(end: LoadEnd, limitMs: number, lostServers?: readonly LostServer[]): Promise<GroupReport[]>;
  disconnect(): Promise<void>;
}

/** Where in the interval the polls of each client are, and the instant from which it counts. */
export type PollSlots = { originMs: number; phasesMs: number[] };

/** The end of the log, the longest time to get there, and whether slow clients give up. */
export type LoadEnd = { head: number; limitMs: number; giveUp: boolean };

/** The window of a trial, and what the clients do in it, apart from receiving. */
export type LoadWindow = {
  startMs: number;
  endMs: number;
  /** Sample the slow clients so often; 0 never. */
  sampleEveryMs: number;
  /** Do nothing that wakes the process. */
  quiet: boolean;
  /** All clients go away; with `dies` they lose what they had in hand. */
  away?: Absence & { dies?: boolean };
  /** Measure the way to the echo at this port. */
  echo?: { port: number; seed: number };
  /** Ask a polling server in a closed loop. */
  besides?: { url: string; clients: number; intervalMs: number };
} & Pick<TrialPlan, 'publish' | 'outage' | 'overload'>;

export type LoadMetered = {
  use: ProcessUse;
  samples: SlowSamples[];
  /** The polls of each group within the window. */
  asked: AskedCounts[];
  oneWay?: Delay;
  besides?: TwoReadings;
};

/** One way is measured so often in a trial with distance. */
const echoEveryMs = 25;

let groups: Group[] = [];

/** Connects a group. */
async function connect(wanted: ClientGroup): Promise<PollSlots> {
  const group = new Group(wanted, wanted.consuming && (await ofBroker(wanted)));
  groups.push(group);
  await group.start();
  return { originMs: group.originMs, phasesMs: group.phasesMs };
}

/** The consumers of a broker. Their libraries are large, and loaded by nobody who doesn't consume. */
async function ofBroker({ transport, consuming }: ClientGroup): Promise<Opening> {
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
async function meter(window: LoadWindow): Promise<LoadMetered> {
  const { startMs, endMs, sampleEveryMs, quiet, publish, away, outage, overload, echo, besides } = window;
  const samples = groups.map((): SlowSamples => ({ atMs: [], ageMs: [], inbox: [], held: [] }));
  const sample = (atMs: number) => {
    for (const [index, group] of groups.entries()) group.sampleSlow(samples[index] as SlowSamples, atMs);
  };
  await until(startMs);
  const before = groups.map(({ asked }) => asked);
  if (outage) for (const group of groups) group.expectReturn(startMs + outage.atMs + outage.durationMs);
  const during = sampleEveryMs > 0 ? { everyMs: sampleEveryMs, sample } : undefined;
  const [use, oneWay, readings] = await Promise.all([
    meterWindow(startMs, endMs, { during, quiet }),
    echo && measureOneWay(echo.port, endMs, echoEveryMs, randomLcg(echo.seed)),
    besides && measureTwice({ ...besides, startMs, endMs }),
    publish && Promise.all(groups.map((group) => group.publish(publish, startMs))),
    overload && Promise.all(groups.map((group) => group.slowDown(periodOf(overload, startMs)))),
    away && Promise.all(groups.map((group) => group.goAway(periodOf(away, startMs), away.dies))),
  ]);
  return {
    use,
    samples,
    asked: groups.map(({ asked }, index) => {
      const { requests, empty, missedSlots } = before[index] ?? asked;
      return {
        requests: asked.requests - requests,
        empty: asked.empty - empty,
        missedSlots: asked.missedSlots - missedSlots,
      };
    }),
    ...(oneWay && { oneWay: oneWay.delay }),
    ...(readings && { besides: readings }),
  };
}

function periodOf({ atMs, durationMs }: Absence, startMs: number): Period {
  return { fromMs: startMs + atMs, untilMs: startMs + atMs + durationMs };
}

/**
 * Waits until everybody has everything up to `head`, at most `limitMs`, and reports.
 * With `giveUp` the slow clients handle nothing more: what still waits for them anywhere is fetched
 * and counted as backlog.
 */
async function finish(end: LoadEnd): Promise<GroupReport[]> {
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

/** Tries every transport on every path at once. Servers and proxies are loaded for this alone. */
async function paths(plan: PathsPlan): Promise<PathCell[]> {
  const { tryPaths } = await import('./paths/path-matrix.ts');
  return tryPaths(plan);
}

const handlers = {
  connect,
  meter,
  finish,
  recordings,
  disconnect,
  capacity: measureCapacity,
  'wire-bytes': probeWireBytes,
  autocannon: probeAutocannon,
  holdParty,
  comeAndGo,
  paths,
} satisfies Handlers;

export type LoadHandlers = typeof handlers;

serveCalls(handlers);
