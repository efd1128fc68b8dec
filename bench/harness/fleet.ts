import { mergedMetered, mergedReport, type ShardReport, sharesOf } from '../agents/shards.ts';
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

/**
 * A fleet in several processes of this machine, each with its share of the clients, as agents on several
 * machines would have: more clients than one process can open files for, and read on more than one core. On
 * Linux each comes from an address of its own, since the ports of one are used up sooner.
 */
export function severalFleets(children: readonly Child<FleetHandlers>[]): Fleet {
  const all = <Value>(ask: (child: Child<FleetHandlers>, index: number) => Promise<Value>) =>
    Promise.all(children.map(ask));
  return {
    leadMs: 90,
    async connect({ clients, seed, ...group }) {
      const shares = sharesOf(clients, children.length);
      const connected = await all((child, index) =>
        child.call('connect', {
          ...group,
          clients: shares[index] as number,
          seed: seed + index,
          localAddress: process.platform === 'linux' ? `127.0.0.${index + 2}` : undefined,
        }),
      );
      const placesMs = connected.flatMap(({ originMs, phasesMs }) => phasesMs.map((ms) => originMs + ms));
      return { originMs: 0, phasesMs: placesMs };
    },
    async meter(window, limitMs) {
      return mergedMetered(await all((child) => child.call('meter', window, limitMs)));
    },
    async finish(end, limitMs) {
      const reports = await all((child) => child.call('finish', end, limitMs));
      const recordings = await all((child) => child.call('recordings', undefined));
      return (reports[0] as FleetReport[]).map((_, group) => {
        const told = reports.map((report, index): ShardReport | undefined => {
          const [own, recorded] = [report[group], recordings[index]?.[group]];
          return own && recorded && { report: own, recordings: recorded };
        });
        return mergedReport([], told, end.head);
      });
    },
    async disconnect() {
      await all((child) => child.call('disconnect', undefined));
    },
  };
}

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
