import {
  type LaneCounts,
  type LaneName,
  laneNames,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import type { Endpoint } from '../../servers/endpoint.ts';
import type { Gate } from '../../servers/gate.ts';
import { type ServerOptions, serversByName } from '../../servers/main.ts';
import type { MessageSource } from '../../servers/source/source.ts';
import { Link } from '../harness/link.ts';

/**
 * The projector's lanes: one server each, for nobody but the projector, at the far end of a link whose
 * length can be set while it runs.
 *
 *     projector page  ──►│ link, oneWayMs │──►  push, sse, long-poll, short-poll
 *
 * So what a lane's server counts is what this one client caused, and the two can be held against each other.
 */
export class Lanes {
  /** Ports of the near ends of the link. */
  readonly ports: Record<LaneName, number>;
  readonly #endpoints: Record<LaneName, Endpoint>;
  readonly #options: Record<LaneName, ServerOptions>;
  readonly #link: Link;
  #before: Record<LaneName, LaneCounts>;

  private constructor(
    endpoints: Record<LaneName, Endpoint>,
    options: Record<LaneName, ServerOptions>,
    link: Link,
    ports: Record<LaneName, number>,
  ) {
    this.#endpoints = endpoints;
    this.#options = options;
    this.#link = link;
    this.ports = ports;
    this.#before = ofEveryLane(nothingCounted);
  }

  /** Starts them. The link's near ends are open to `host`'s network, the servers themselves to nobody. */
  static async open(source: MessageSource, gate: Gate, host: string): Promise<Lanes> {
    const options = ofEveryLane((): ServerOptions => ({ gate }));
    const endpoints = ofEveryLane((name) => serversByName[name](source, options[name]));
    const link = new Link();
    await Promise.all(laneNames.map((name) => endpoints[name].listen()));
    const nearEnds = await Promise.all(laneNames.map((name) => link.open(endpoints[name].port, host)));
    const ports = ofEveryLane((name) => nearEnds[laneNames.indexOf(name)] as number);
    return new Lanes(endpoints, options, link, ports);
  }

  /** Lets settings take effect: distance and hold at once, policy and limit when push connects again. */
  set({ oneWayMs, holdMs, policy, limitBytes }: Settings): void {
    this.#link.setOneWayMs(oneWayMs);
    this.#options['long-poll'].holdMs = holdMs;
    Object.assign(this.#options.push, { policy, limitBytes });
  }

  /** Cuts every connection and counts from zero. */
  async begin(): Promise<void> {
    await Promise.all(laneNames.map((name) => this.#endpoints[name].cut()));
    this.#before = ofEveryLane((name) => countOf(this.#endpoints[name]));
  }

  /** What each server has done since `begin`, and what waits in it now. */
  get counts(): Record<LaneName, LaneCounts> {
    return ofEveryLane((name) => since(this.#before[name], countOf(this.#endpoints[name])));
  }

  async close(): Promise<void> {
    await this.#link.close();
    await Promise.all(laneNames.map((name) => this.#endpoints[name].close()));
  }
}

/** One value for every lane. */
export function ofEveryLane<T>(of: (name: LaneName) => T): Record<LaneName, T> {
  return Object.fromEntries(laneNames.map((name) => [name, of(name)])) as Record<LaneName, T>;
}

/** Counts of a lane that has done nothing yet. */
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

function countOf({ tally, joined, connections, bytes, longestBacklogBytes, readers }: Endpoint): LaneCounts {
  return {
    // Who is pushed to asks once, when it connects; the other way round only polls are counted.
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
function since(before: LaneCounts, now: LaneCounts): LaneCounts {
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
