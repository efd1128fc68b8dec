import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { nowMs } from '../../servers/meter/clock.ts';
import { Alarm } from '../../servers/source/alarm.ts';

/**
 * Distance on one machine: a TCP relay that hands on every piece of data later than it came.
 *
 *     client  ──GET──►│          one-way delay          │──GET──► server
 *             ◄──[7]──│          one-way delay          │◄──[7]──
 *
 * Jitter adds a random time to each piece; none overtakes another of its connection. What it does not
 * emulate: the handshake's round trip, loss, limited bandwidth, and TCP's congestion window. Its own
 * lateness is measured in every trial by probes/echo.ts, since no timer is exact.
 */
export type LinkOptions = {
  /** Time that each direction takes. Default 0. */
  oneWayMs?: number;
  /** The most that is added to it, at random. Default 0. */
  jitterMs?: number;
  /** Gives numbers in [0, 1) for the jitter. Default `Math.random`. */
  random?: () => number;
};

/** Bytes of one direction of a connection that may be under way; then the sender has to wait, as in a full pipe. */
export const queueLimitBytes = 8 * 1024 * 1024;

/** A piece of data under way, or the end of a direction. */
type Parcel = { dueMs: number; deliver: () => void };

export class Link {
  /** Bytes that came in from either side so far, and the most that was ever under way in one direction. */
  readonly tally = { toServerBytes: 0, toClientsBytes: 0, longestQueueBytes: 0 };
  readonly #options: Required<LinkOptions>;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #alarm: Alarm;
  /** Sorted by the instant at which they are due. */
  #parcels: Parcel[] = [];

  constructor(options: LinkOptions = {}) {
    this.#options = {
      oneWayMs: 0,
      jitterMs: 0,
      random: Math.random,
      ...options,
    };
    this.#alarm = new Alarm(() => this.#deliverDue());
  }

  /** From now on each direction takes so long. What is under way arrives as it would have. */
  setOneWayMs(oneWayMs: number): void {
    this.#options.oneWayMs = oneWayMs;
  }

  /** Opens a way to a port of this machine, at its address `farHost`. Returns the port at its near end, which is open to `host`'s network. */
  async open(farPort: number, host = '127.0.0.1', farHost = '127.0.0.1'): Promise<number> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      const far = connect({ host: farHost, port: farPort, noDelay: true, allowHalfOpen: true });
      this.#relay(near, far, 'toServerBytes');
      this.#relay(far, near, 'toClientsBytes');
    });
    this.#servers.push(server);
    await new Promise<void>((listening) => server.listen({ port: 0, host, backlog: 4096 }, listening));
    return (server.address() as AddressInfo).port;
  }

  /** Cuts everything at once. */
  async close(): Promise<void> {
    this.#alarm.stop();
    this.#parcels = [];
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #relay(from: Socket, to: Socket, direction: 'toServerBytes' | 'toClientsBytes'): void {
    let underWayBytes = 0;
    let lastDueMs = 0;
    let wasReset = false;
    const send = (deliver: () => void) => {
      lastDueMs = this.#send(lastDueMs, () => {
        if (!to.destroyed) deliver();
      });
    };
    this.#sockets.add(from);
    from.on('data', (piece) => {
      this.tally[direction] += piece.length;
      underWayBytes += piece.length;
      this.tally.longestQueueBytes = Math.max(this.tally.longestQueueBytes, underWayBytes);
      // One more piece may come in before the limit is passed: 64 KiB at most.
      if (underWayBytes > queueLimitBytes - 64 * 1024) from.pause();
      // A piece is under way until the far end has taken it, so that a reader who stops is felt by the sender.
      send(() =>
        to.write(piece, () => {
          underWayBytes -= piece.length;
          if (underWayBytes < queueLimitBytes / 2) from.resume();
        }),
      );
    });
    from.on('end', () => send(() => to.end()));
    from.on('error', () => {
      wasReset = true;
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      // What is still queued for a connection that was reset is lost with it, as on a real way.
      send(() => (wasReset ? to.resetAndDestroy() : to.destroySoon()));
    });
  }

  #send(notBeforeMs: number, deliver: () => void): number {
    const { oneWayMs, jitterMs, random } = this.#options;
    const dueMs = Math.max(notBeforeMs, nowMs() + oneWayMs + (jitterMs > 0 ? random() * jitterMs : 0));
    let place = this.#parcels.length;
    while (place > 0 && (this.#parcels[place - 1] as Parcel).dueMs > dueMs) place -= 1;
    this.#parcels.splice(place, 0, { dueMs, deliver });
    if (place === 0) this.#alarm.set(dueMs);
    return dueMs;
  }

  #deliverDue(): void {
    let due = 0;
    for (const parcel of this.#parcels) {
      if (parcel.dueMs > nowMs()) break;
      due += 1;
    }
    for (const { deliver } of this.#parcels.splice(0, due)) deliver();
    const [next] = this.#parcels;
    if (next) this.#alarm.set(next.dueMs);
  }
}
