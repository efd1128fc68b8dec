import type { TransportName } from '../../clients/transports.ts';
import { nowMs } from '../../servers/clock.ts';
import type { Endpoint, Tally } from '../../servers/endpoint.ts';
import { type ServerOptions, serversByName } from '../../servers/main.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import { type Handlers, serveCalls } from './child.ts';
import { openEcho } from './echo.ts';
import { memoryInUseBytes, meterWindow, type ProcessUse, until } from './process-meter.ts';

/** One source, one log and the servers of a trial, in a process of their own so that their cost is theirs. */

/** One server to start. */
export type ServerGroup = { transport: TransportName; options: ServerOptions };

/** What one server did within the window. */
export type ServerCount = {
  requests: number;
  empty: number;
  deliveries: number;
  bytes: { toClients: number; toServer: number };
  connectedMs: number;
  fanOuts: Tally['fanOuts'];
};

/** Values over time in the server. */
export type ServerSamples = { rssBytes: number[]; longestBacklogBytes: number[] };

/** The window of a trial. `stall`: the process stands still, from so long after the start. */
export type ServerWindow = {
  schedule: Schedule;
  startMs: number;
  sampleEveryMs: number;
  stall?: { atMs: number; durationMs: number };
};

let source = new EmbeddedSource();
let endpoints: Endpoint[] = [];
let echo: Awaited<ReturnType<typeof openEcho>> | undefined;

/** Starts a server for each group on one new source, and an echo beside them. Returns their ports. */
async function open(groups: ServerGroup[]): Promise<{ ports: number[]; echoPort: number }> {
  source = new EmbeddedSource();
  endpoints = groups.map(({ transport, options }) => serversByName[transport](source, options));
  await Promise.all(endpoints.map((endpoint) => endpoint.listen()));
  echo = await openEcho();
  return { ports: endpoints.map((endpoint) => endpoint.port), echoPort: echo.port };
}

/** Plays the schedule from `startMs` on and meters this process until it has ended. */
async function play(window: ServerWindow): Promise<{
  head: number;
  appended: number;
  use: ProcessUse;
  counts: ServerCount[];
  samples: ServerSamples[];
}> {
  const { schedule, startMs, stall } = window;
  const samples = endpoints.map((): ServerSamples => ({ rssBytes: [], longestBacklogBytes: [] }));
  const sample = () =>
    endpoints.forEach((endpoint, index) => {
      samples[index]?.rssBytes.push(process.memoryUsage.rss());
      samples[index]?.longestBacklogBytes.push(endpoint.longestBacklogBytes);
    });
  // Taken now: a process that wakes late from the wait would find its first messages already appended.
  const headBefore = source.log.head;
  const played = source.play(schedule, startMs);
  await until(startMs);
  const before = endpoints.map(countOf);
  const during = window.sampleEveryMs > 0 ? { everyMs: window.sampleEveryMs, sample } : undefined;
  const [use] = await Promise.all([
    meterWindow(startMs, startMs + schedule.durationMs, { during }),
    stall && standStill(startMs + stall.atMs, stall.durationMs),
  ]);
  await played;
  const counts = endpoints.map((endpoint, index) =>
    difference(countOf(endpoint), before[index] as ServerCount),
  );
  return { head: source.log.head, appended: source.log.head - headBefore, use, counts, samples };
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

function countOf({ tally, bytes, connectedMs }: Endpoint): ServerCount {
  const { requests, empty, deliveries, fanOuts } = tally;
  return { requests, empty, deliveries, bytes, connectedMs, fanOuts: { ...fanOuts } };
}

function difference(after: ServerCount, before: ServerCount): ServerCount {
  return {
    requests: after.requests - before.requests,
    empty: after.empty - before.empty,
    deliveries: after.deliveries - before.deliveries,
    bytes: {
      toClients: after.bytes.toClients - before.bytes.toClients,
      toServer: after.bytes.toServer - before.bytes.toServer,
    },
    connectedMs: after.connectedMs - before.connectedMs,
    fanOuts: {
      count: after.fanOuts.count - before.fanOuts.count,
      sumMs: after.fanOuts.sumMs - before.fanOuts.sumMs,
      maxMs: after.fanOuts.maxMs,
    },
  };
}

/** Ends the servers. Returns how many messages each of them gave up, over its whole life. */
async function close(): Promise<number[]> {
  const dropped = endpoints.map(({ tally }) => tally.dropped);
  echo?.close();
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  endpoints = [];
  return dropped;
}

const handlers = { open, play, settle, close, memory: memoryInUseBytes } satisfies Handlers;

export type ServerHandlers = typeof handlers;

serveCalls(handlers);
