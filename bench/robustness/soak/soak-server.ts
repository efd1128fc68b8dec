import { MessageLog } from '../../../servers/log/message-log.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import { serversByName } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import type { Schedule } from '../../../servers/source/schedule.ts';
import { type Handlers, serveCalls } from '../../harness/child.ts';
import { soakGroups } from './groups.ts';
import { type Holdings, holdings } from './holdings.ts';

/** The server process of a soak: all servers read one source. */

/** The process's resources, and counts of its servers. */
export type ServerSample = Holdings & { connections: number; dropped: number; evicted: number; head: number };

/** The log is full after seconds, long before memory is judged. */
const log = new MessageLog({ limitMessages: 500 });
const source = new EmbeddedSource(log);
let endpoints: Endpoint[] = [];

/** Starts a server for each group. Returns their ports. */
async function open(): Promise<number[]> {
  endpoints = soakGroups.map(({ transport, server }) =>
    serversByName[transport](source, { ...server, heartbeatMs: 5000 }),
  );
  await Promise.all(endpoints.map((endpoint) => endpoint.listen()));
  return endpoints.map(({ port }) => port);
}

/** Plays messages until `stop` or the end of the schedule. */
function play(schedule: Schedule): void {
  void source.play(schedule, nowMs());
}

/** Stops the messages. Returns the last `seq`. */
function stop(): number {
  source.stop();
  return log.head;
}

function sample(): ServerSample {
  const sum = (of: (endpoint: Endpoint) => number) =>
    endpoints.reduce((total, endpoint) => total + of(endpoint), 0);
  return {
    ...holdings(log.subscribers),
    connections: sum(({ connections }) => connections),
    dropped: sum(({ tally }) => tally.dropped),
    evicted: sum(({ tally }) => tally.evicted),
    head: log.head,
  };
}

const handlers = { open, play, stop, sample } satisfies Handlers;

export type SoakServerHandlers = typeof handlers;

serveCalls(handlers);
