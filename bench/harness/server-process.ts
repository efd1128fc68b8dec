import type { TransportName } from '../../clients/transports.ts';
import type { Endpoint, Tally } from '../../servers/endpoint.ts';
import { type ServerOptions, serversByName } from '../../servers/main.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import { type Handlers, serveCalls } from './child.ts';
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
  fanOuts: Tally['fanOuts'];
};

/** Values over time in the server. */
export type ServerSamples = { rssBytes: number[]; longestBacklogBytes: number[] };

let source = new EmbeddedSource();
let endpoints: Endpoint[] = [];

/** Starts a server for each group on one new source. Returns their ports. */
async function open(groups: ServerGroup[]): Promise<number[]> {
  source = new EmbeddedSource();
  endpoints = groups.map(({ transport, options }) => serversByName[transport](source, options));
  await Promise.all(endpoints.map((endpoint) => endpoint.listen()));
  return endpoints.map((endpoint) => endpoint.port);
}

/** Plays the schedule from `startMs` on and meters this process until it has ended. */
async function play(window: { schedule: Schedule; startMs: number; sampleEveryMs: number }): Promise<{
  head: number;
  appended: number;
  use: ProcessUse;
  counts: ServerCount[];
  samples: ServerSamples[];
}> {
  const { schedule, startMs } = window;
  const samples = endpoints.map((): ServerSamples => ({ rssBytes: [], longestBacklogBytes: [] }));
  const sample = () =>
    endpoints.forEach((endpoint, index) => {
      samples[index]?.rssBytes.push(process.memoryUsage.rss());
      samples[index]?.longestBacklogBytes.push(endpoint.longestBacklogBytes);
    });
  const played = source.play(schedule, startMs);
  await until(startMs);
  const headBefore = source.log.head;
  const before = endpoints.map(countOf);
  const during = window.sampleEveryMs > 0 ? { everyMs: window.sampleEveryMs, sample } : undefined;
  const use = await meterWindow(startMs, startMs + schedule.durationMs, during);
  await played;
  const counts = endpoints.map((endpoint, index) =>
    difference(countOf(endpoint), before[index] as ServerCount),
  );
  return { head: source.log.head, appended: source.log.head - headBefore, use, counts, samples };
}

function countOf({ tally, bytes }: Endpoint): ServerCount {
  const { requests, empty, deliveries, fanOuts } = tally;
  return { requests, empty, deliveries, bytes, fanOuts: { ...fanOuts } };
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
    fanOuts: {
      count: after.fanOuts.count - before.fanOuts.count,
      sumMs: after.fanOuts.sumMs - before.fanOuts.sumMs,
      maxMs: after.fanOuts.maxMs,
    },
  };
}

async function close(): Promise<void> {
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  endpoints = [];
}

const handlers = { open, play, close, memory: memoryInUseBytes } satisfies Handlers;

export type ServerHandlers = typeof handlers;

serveCalls(handlers);
