import type { Endpoint } from '../../servers/meter/endpoint.ts';
import type { Tally } from '../../servers/meter/tally.ts';

/** The work of one server in a window. */
export type ServerCount = {
  requests: number;
  empty: number;
  deliveries: number;
  bytes: { toClients: number; toServer: number };
  connectedMs: number;
  fanOuts: Tally['fanOuts'];
};

/** Messages and readers that a server gave up over its whole life, with the reasons on its record. */
export type ServerLosses = { dropped: number; evicted: number; reasons: string[] };

/** The work of an endpoint so far. */
export function countOf({ tally, bytes, connectedMs }: Endpoint): ServerCount {
  const { requests, empty, deliveries, fanOuts } = tally;
  return { requests, empty, deliveries, bytes: { ...bytes }, connectedMs, fanOuts: { ...fanOuts } };
}

/** Adds the work of another server. With `times` -1 takes away the same server's earlier work. */
export function addedCounts(one: ServerCount, other: ServerCount, times = 1): ServerCount {
  return {
    requests: one.requests + times * other.requests,
    empty: one.empty + times * other.empty,
    deliveries: one.deliveries + times * other.deliveries,
    bytes: {
      toClients: one.bytes.toClients + times * other.bytes.toClients,
      toServer: one.bytes.toServer + times * other.bytes.toServer,
    },
    connectedMs: one.connectedMs + times * other.connectedMs,
    fanOuts: {
      count: one.fanOuts.count + times * other.fanOuts.count,
      sumMs: one.fanOuts.sumMs + times * other.fanOuts.sumMs,
      maxMs: Math.max(one.fanOuts.maxMs, other.fanOuts.maxMs),
    },
  };
}

/** The losses of several servers, with three reasons at most. */
export function addedLosses(all: readonly ServerLosses[]): ServerLosses {
  return {
    dropped: all.reduce((sum, { dropped }) => sum + dropped, 0),
    evicted: all.reduce((sum, { evicted }) => sum + evicted, 0),
    reasons: [...new Set(all.flatMap(({ reasons }) => reasons))].slice(0, 3),
  };
}
