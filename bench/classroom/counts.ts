import { type LaneCounts, type LaneName, laneNames } from '../../clients/classroom/protocol.ts';
import type { Endpoint } from '../../servers/meter/endpoint.ts';

/** What servers have counted, by lane. */
export type Counts = Record<LaneName, LaneCounts>;

/** One value for every lane. */
export function ofEveryLane<T>(of: (name: LaneName) => T): Record<LaneName, T> {
  return Object.fromEntries(laneNames.map((name) => [name, of(name)])) as Record<LaneName, T>;
}

/** Counts of a server that has done nothing yet. */
export function nothingCounted(): LaneCounts {
  return {
    requests: 0,
    empty: 0,
    deliveries: 0,
    dropped: 0,
    evicted: 0,
    connections: 0,
    bytesToClients: 0,
    bytesToServer: 0,
    backlogBytes: 0,
    backlogMessages: 0,
  };
}

/** What a server has done so far, and what waits in it now. */
export function countOf(endpoint: Endpoint): LaneCounts {
  const { tally, joined, connections, bytes, longestBacklogBytes, readers } = endpoint;
  return {
    // Who is pushed to asks once, when it connects. Of those who poll, what they ask is counted.
    requests: tally.requests + joined,
    empty: tally.empty,
    deliveries: tally.deliveries,
    dropped: tally.dropped,
    evicted: tally.evicted,
    connections,
    bytesToClients: bytes.toClients,
    bytesToServer: bytes.toServer,
    backlogBytes: longestBacklogBytes,
    backlogMessages: readers.reduce((sum, { waitingMessages }) => sum + waitingMessages, 0),
  };
}

/** The counts that grew, from where they stood before. What is there now is what it is. */
export function since(before: LaneCounts, now: LaneCounts): LaneCounts {
  return {
    ...now,
    requests: now.requests - before.requests,
    empty: now.empty - before.empty,
    deliveries: now.deliveries - before.deliveries,
    dropped: now.dropped - before.dropped,
    evicted: now.evicted - before.evicted,
    bytesToClients: now.bytesToClients - before.bytesToClients,
    bytesToServer: now.bytesToServer - before.bytesToServer,
  };
}
