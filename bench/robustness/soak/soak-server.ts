import { MessageLog } from '../../../servers/log/message-log.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import { serversByName } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import type { Schedule } from '../../../servers/source/schedule.ts';
import { type Handlers, serveCalls } from '../../harness/child.ts';
import { soakGroups } from './groups.ts';
import { type Holdings, holdings } from './holdings.ts';

/** The servers of a soak on one source, in a process of their own so that what they hold is theirs. */

/** What the process holds, and what its servers have counted. */
export type ServerSample = Holdings & { connections: number; dropped: number; evicted: number; head: number };

/** A log that knows how many listen to it. */
class CountedLog extends MessageLog {
  listeners = 0;

  override subscribe(...told: Parameters<MessageLog['subscribe']>) {
    const unsubscribe = super.subscribe(...told);
    let listens = true;
    this.listeners += 1;
    return () => {
      if (listens) this.listeners -= 1;
      listens = false;
      return unsubscribe();
    };
  }
}

/** What is kept is a matter of seconds, so that the log is full long before anything is judged. */
const log = new CountedLog({ limitMessages: 500 });
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

/** Plays messages until `stop`, or the schedule has ended. */
function play(schedule: Schedule): void {
  void source.play(schedule, nowMs());
}

/** Plays no more. Returns where the log ends. */
function stop(): number {
  source.stop();
  return log.head;
}

function sample(): ServerSample {
  const sum = (of: (endpoint: Endpoint) => number) =>
    endpoints.reduce((total, endpoint) => total + of(endpoint), 0);
  return {
    ...holdings(log.listeners),
    connections: sum(({ connections }) => connections),
    dropped: sum(({ tally }) => tally.dropped),
    evicted: sum(({ tally }) => tally.evicted),
    head: log.head,
  };
}

const handlers = { open, play, stop, sample } satisfies Handlers;

export type SoakServerHandlers = typeof handlers;

serveCalls(handlers);
