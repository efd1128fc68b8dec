import type { Child } from './child.ts';
import type { FleetHandlers, FleetMetered, FleetWindow } from './fleet-process.ts';
import type { FleetGroup, FleetReport } from './group.ts';
import type { LostServer } from './servers.ts';
import type { Phases } from './trial-result.ts';

/**
 * The clients of a trial, wherever they live: in a process of this machine, or divided among agents on
 * others. All instants are those of this machine's clock.
 */
export interface Fleet {
  /** Time between the order to begin and the beginning: everybody has to have heard it. */
  readonly leadMs: number;
  /** Connects a group. Returns where its polls stand. Where the same servers listen on several `ports`, clients are spread over them. */
  connect(group: FleetGroup, ports: readonly number[]): Promise<Phases>;
  /** Meters the processes that the clients live in. */
  meter(window: FleetWindow, limitMs: number): Promise<FleetMetered>;
  /** Waits until everybody has everything, but those whose server is lost, and returns what each group has to say. */
  finish(end: FleetEnd, limitMs: number, lostServers?: readonly LostServer[]): Promise<FleetReport[]>;
  disconnect(): Promise<void>;
}

/** Where the log ends, how long it may take until everybody is there, and whether slow clients give up. */
export type FleetEnd = { head: number; limitMs: number; giveUp: boolean };

/** A fleet in a process of this machine. */
export function localFleet(child: Child<FleetHandlers>): Fleet {
  return {
    leadMs: 90,
    connect: (group) => child.call('connect', group),
    meter: (window, limitMs) => child.call('meter', window, limitMs),
    finish: (end, limitMs) => child.call('finish', end, limitMs),
    disconnect: () => child.call('disconnect', undefined),
  };
}
