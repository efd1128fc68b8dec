import { type LaneName, laneNames, type Settings } from '../../clients/classroom/protocol.ts';
import type { Gate } from '../../servers/guards/auth.ts';
import type { Endpoint } from '../../servers/meter/endpoint.ts';
import { type ServerOptions, serversByName } from '../../servers/serve.ts';
import type { MessageSource } from '../../servers/source/source.ts';
import { Relay } from '../harness/relay.ts';
import { type Counts, countOf, nothingCounted, ofEveryLane, since } from './counts.ts';

/**
 * The projector's lanes: one server each, for nobody but the projector, behind a relay whose
 * one-way delay can be set at any time.
 *
 *     projector page  ──►│ relay, oneWayMs │──►  push, sse, long-poll, short-poll
 *
 * So a lane's server counts only what this client caused, and both counts can be compared.
 */
export class Lanes {
  /** Ports of the near ends of the relay. */
  readonly ports: Record<LaneName, number>;
  /** Messages that push gave up for its client, by their `seq`. */
  readonly dropped: ReadonlySet<number>;
  readonly #servers: Servers;
  readonly #relay: Relay;
  #before = ofEveryLane(nothingCounted);

  private constructor(servers: Servers, relay: Relay, ports: Record<LaneName, number>) {
    this.#servers = servers;
    this.#relay = relay;
    this.dropped = servers.dropped;
    this.ports = ports;
  }

  /** Starts them. The relay's near ends are open to `host`'s network, the servers themselves to this machine. */
  static async open(source: MessageSource, gate: Gate, host: string): Promise<Lanes> {
    const dropped = new Set<number>();
    const options = ofEveryLane((): ServerOptions => ({ gate, onDropped: (seq) => dropped.add(seq) }));
    const endpoints = ofEveryLane((name) => serversByName[name](source, options[name]));
    const relay = new Relay();
    await Promise.all(laneNames.map((name) => endpoints[name].listen()));
    const nearEnds = await Promise.all(laneNames.map((name) => relay.open(endpoints[name].port, host)));
    const ports = ofEveryLane((name) => nearEnds[laneNames.indexOf(name)] as number);
    return new Lanes({ endpoints, options, dropped }, relay, ports);
  }

  /** Lets settings take effect: distance and hold at once, policy and limit when push connects again. */
  set({ oneWayMs, holdMs, policy, limitBytes }: Settings): void {
    const { options } = this.#servers;
    this.#relay.setOneWayMs(oneWayMs);
    options['long-poll'].holdMs = holdMs;
    Object.assign(options.push, { policy, limitBytes });
  }

  /** Cuts every connection and counts from zero. */
  async begin(): Promise<void> {
    const { endpoints } = this.#servers;
    await Promise.all(laneNames.map((name) => endpoints[name].cut()));
    this.#before = this.totals;
  }

  /** What each server has done since `begin`, and what waits in it now. */
  get counts(): Counts {
    const { totals } = this;
    return ofEveryLane((name) => since(this.#before[name], totals[name]));
  }

  /** What each server has ever done. */
  get totals(): Counts {
    return ofEveryLane((name) => countOf(this.#servers.endpoints[name]));
  }

  async close(): Promise<void> {
    await this.#relay.close();
    await Promise.all(laneNames.map((name) => this.#servers.endpoints[name].close()));
  }
}

/** The servers at the far ends, with the options that they read again. */
type Servers = {
  endpoints: Record<LaneName, Endpoint>;
  options: Record<LaneName, ServerOptions>;
  dropped: Set<number>;
};
