import type { TransportName } from '../../clients/transports.ts';
import { type LogOptions, MessageLog } from '../../servers/log/message-log.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Endpoint } from '../../servers/meter/endpoint.ts';
import { type ServerOptions, serversByName } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import type { RabbitSource } from '../../servers/source/rabbitmq.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import type { MessageSource } from '../../servers/source/source.ts';
import type { Appearance } from '../analysis/on-schedule.ts';
import type { Absence } from '../experiment.ts';
import { type Handlers, serveCalls } from './child.ts';
import { type Asked, observe, PollRecord } from './observer.ts';
import { openEcho } from './probes/echo.ts';
import { memoryInUseBytes, meterWindow, type ProcessUse, until } from './process-meter.ts';
import { roomHandlers } from './rooms/room.ts';
import { addedCounts, addedLosses, countOf, type ServerCount, type ServerLosses } from './server-count.ts';

/** One source, one log and the servers of a trial, in a process of their own so that their cost is theirs. */

/** One server to start. */
export type ServerGroup = { transport: TransportName; options: ServerOptions };

/** Values over time in the server. `connects`: connections accepted since the sample before. */
export type ServerSamples = { rssBytes: number[]; longestBacklogBytes: number[]; connects: number[] };

/** The window of a trial. `stall`: the process stands still. `outage`: the servers are gone, and come back on the same ports. */
export type ServerWindow = {
  schedule: Schedule;
  startMs: number;
  sampleEveryMs: number;
  stall?: Absence;
  outage?: Absence;
  /** Another process plays the schedule, into the source that both have in common. */
  listens?: boolean;
};

/** What a server process says of a window. */
export type Played = {
  head: number;
  appended: number;
  messages: Appearance[];
  use: ProcessUse;
  counts: ServerCount[];
  samples: ServerSamples[];
};

/** A server process that ended in the middle of a trial: its place among them, and how it ended. */
export type LostServer = { server: number; why: string };

/** What a server process is to open. */
export type ServersWanted = {
  groups: ServerGroup[];
  /** The address to listen on. Default: this machine alone. */
  host?: string;
  log?: LogOptions;
  /** Default: a new one. */
  logId?: string;
  trace?: boolean;
  /** Read the source of this name at a RabbitMQ, instead of one in this process. */
  shared?: { url: string; name: string };
};

/** The servers of a trial: in one process as a rule, or in several with one source in common. */
export interface Servers {
  /** Starts a server for each group in each process. Returns the ports of each group, one for each process. */
  open(wanted: ServersWanted): Promise<{ ports: number[][]; echoPort: number }>;
  /** Bytes in use after a collection. */
  memory(): Promise<number>;
  /** Plays the schedule and meters the window. Names the servers that were lost, where others go on. */
  play(window: ServerWindow, limitMs: number): Promise<Played & { lostServers?: LostServer[] }>;
  close(): Promise<ServerLosses[]>;
}

let source: MessageSource = new EmbeddedSource();
/** The source where it is one at RabbitMQ, which other processes read as well. */
let sharedSource: RabbitSource | undefined;
let wanted: ServerGroup[] = [];
let host: string | undefined;
let endpoints: Endpoint[] = [];
let observer: ReturnType<typeof observe> | undefined;
/** Servers of the same groups that are gone: what they counted still counts. */
let gone: Endpoint[][] = [];
let echo: Awaited<ReturnType<typeof openEcho>> | undefined;
/** Where the ways of polls are written down: a record for each group, and which of its polls fell into the window. */
let traced: { record: PollRecord; counted: { from: number; to: number } }[] | undefined;

/** Starts a server for each group on one new source, and an echo beside them. Returns their ports. */
async function open(told: ServersWanted): Promise<{ ports: number[]; echoPort: number }> {
  sharedSource = told.shared && (await openShared(told.shared, told.log));
  source = sharedSource ?? new EmbeddedSource(new MessageLog(told.log, told.logId));
  observer = observe(source.log);
  wanted = told.groups;
  host = told.host;
  gone = wanted.map(() => []);
  traced = told.trace
    ? wanted.map(() => ({ record: new PollRecord(), counted: { from: 0, to: 0 } }))
    : undefined;
  await listen([]);
  echo = await openEcho();
  return { ports: endpoints.map((endpoint) => endpoint.port), echoPort: echo.port };
}

/** The library for it is large, and loaded by nobody whose source is its own. */
async function openShared({ url, name }: { url: string; name: string }, log?: LogOptions) {
  const { RabbitSource } = await import('../../servers/source/rabbitmq.ts');
  return RabbitSource.open({ url, name, log, onNews: console.error });
}

/** Starts the servers of this trial, on the ports that they had or on any. */
async function listen(ports: number[]): Promise<void> {
  endpoints = wanted.map(({ transport, options }, index) => {
    const record = traced?.[index]?.record;
    return serversByName[transport](source, { ...options, ...(record && { onAsk: () => record.ask() }) });
  });
  await Promise.all(endpoints.map((endpoint, index) => endpoint.listen(ports[index], host)));
}

/** Takes the servers away with every connection, and starts them again; source and log go on. */
async function goAway(startMs: number, { atMs, durationMs }: Absence): Promise<void> {
  await until(startMs + atMs);
  const ports = endpoints.map(({ port }) => port);
  for (const [index, endpoint] of endpoints.entries()) gone[index]?.push(endpoint);
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  await until(startMs + atMs + durationMs);
  await listen(ports);
}

/** Plays the schedule from `startMs` on, unless another process does, and meters this process until it has ended. */
async function play(window: ServerWindow): Promise<Played> {
  const { schedule, startMs, stall, outage } = window;
  const samples = wanted.map((): ServerSamples => ({ rssBytes: [], longestBacklogBytes: [], connects: [] }));
  const accepted = wanted.map((_, index) => acceptedBy(index));
  const sample = () => {
    for (const [index, { rssBytes, longestBacklogBytes, connects }] of samples.entries()) {
      rssBytes.push(process.memoryUsage.rss());
      longestBacklogBytes.push(endpoints[index]?.longestBacklogBytes ?? 0);
      connects.push(acceptedBy(index) - (accepted[index] ?? 0));
      accepted[index] = acceptedBy(index);
    }
  };
  // Taken now: a process that wakes late from the wait would find its first messages already appended.
  const headBefore = source.log.head;
  const played = window.listens ? undefined : source.play(schedule, startMs);
  await until(startMs);
  const before = wanted.map(countOfGroup);
  for (const { record, counted } of traced ?? []) counted.from = record.answered;
  const during = window.sampleEveryMs > 0 ? { everyMs: window.sampleEveryMs, sample } : undefined;
  const [use] = await Promise.all([
    meterWindow(startMs, startMs + schedule.durationMs, { during }),
    stall && standStill(startMs + stall.atMs, stall.durationMs),
    outage && goAway(startMs, outage),
  ]);
  await Promise.race([played, ...(played && sharedSource ? [sharedSource.failed] : [])]);
  // What was appended last is told before nobody listens any more.
  source.log.flush();
  const messages = observer?.since(startMs) ?? [];
  for (const { record, counted } of traced ?? []) counted.to = record.answered;
  const counts = before.map((earlier, index) => addedCounts(countOfGroup(undefined, index), earlier, -1));
  const { head } = source.log;
  return { head, appended: head - headBefore, messages, use, counts, samples };
}

/** The polls of one group as its server saw them, and which of them were answered within the window. */
export type ServerTrace = { polls: Asked[]; counted: { from: number; to: number } };

/** The ways of polls so far, where they are written down. */
function trace(): ServerTrace[] | undefined {
  return traced?.map(({ record, counted }) => ({ polls: record.asked, counted }));
}

/** Does nothing at all for a while, as in a long garbage collection or a synchronous computation. */
async function standStill(atMs: number, durationMs: number): Promise<void> {
  await until(atMs);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/** Waits until the log holds what clients have published, at most `limitMs`. Returns where it ends. */
async function settle({ head, limitMs }: { head: number; limitMs: number }): Promise<number> {
  const deadlineMs = nowMs() + limitMs;
  while (source.log.head < head && nowMs() < deadlineMs) await until(nowMs() + 5);
  return source.log.head;
}

/** The work of the server of a group so far, over all its lives. */
function countOfGroup(_: unknown, index: number): ServerCount {
  return livesOf(index)
    .map(countOf)
    .reduce((sum, one) => addedCounts(sum, one));
}

function livesOf(index: number): Endpoint[] {
  const now = endpoints[index];
  return [...(gone[index] ?? []).filter((endpoint) => endpoint !== now), ...(now ? [now] : [])];
}

function acceptedBy(index: number): number {
  return livesOf(index).reduce((sum, { accepted }) => sum + accepted, 0);
}

/** Ends the servers. */
async function close(): Promise<ServerLosses[]> {
  const losses = wanted.map((_, index) =>
    addedLosses(
      livesOf(index).map(({ tally: { dropped, evicted }, evictions }) => ({
        dropped,
        evicted,
        reasons: evictions.map(({ reason }) => reason),
      })),
    ),
  );
  echo?.close();
  observer?.stop();
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  endpoints = [];
  await sharedSource?.close();
  return losses;
}

const handlers = {
  open,
  play,
  settle,
  trace,
  close,
  memory: memoryInUseBytes,
  ...roomHandlers,
} satisfies Handlers;

export type ServerHandlers = typeof handlers;

serveCalls(handlers);
