import type { Child } from './child.ts';
import type { ServerHandlers, ServerLosses, ServerWindow } from './server-process.ts';
import type { Played } from './trial-result.ts';

/** What a server process is told to open. */
export type ServersWanted = Parameters<ServerHandlers['open']>[0];

/** A server process that ended in the middle of a trial: its place among them, and how it ended. */
export type LostServer = { server: number; why: string };

/** The servers of a trial: in one process as a rule, or in several that have one source in common. */
export interface Servers {
  /** Starts a server for each group in each process. Returns the ports of each group, one for each process. */
  open(wanted: ServersWanted): Promise<{ ports: number[][]; echoPort: number }>;
  /** Bytes in use after a collection. */
  memory(): Promise<number>;
  /** Plays the schedule and meters the window. Whoever is lost meanwhile is named, where others go on. */
  play(window: ServerWindow, limitMs: number): Promise<Played & { lostServers?: LostServer[] }>;
  close(): Promise<ServerLosses[]>;
}

/** All servers in one process. */
export function oneProcess(child: Child<ServerHandlers>): Servers {
  return {
    async open(wanted) {
      const { ports, echoPort } = await child.call('open', wanted);
      return { ports: ports.map((port) => [port]), echoPort };
    },
    memory: () => child.call('memory', undefined),
    play: (window, limitMs) => child.call('play', window, limitMs),
    close: () => child.call('close', undefined),
  };
}
