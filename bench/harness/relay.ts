import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { hostOf, inUrl } from '../../servers/address.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { Alarm } from '../../servers/source/alarm.ts';

/**
 * A TCP relay between clients and servers: it delays, cuts, resets and silences connections, and counts bytes.
 *
 *     client  ──GET──►│          one-way delay          │──GET──► server
 *             ◄──[7]──│          one-way delay          │◄──[7]──
 *
 * Jitter adds a random time to each piece of data; none overtakes another of its connection. Not emulated: the
 * round trip of the handshake, loss, limited bandwidth, and the congestion window of TCP. Its own lateness is
 * measured in every trial by echo.ts, since no timer is exact.
 */
export type RelayOptions = {
  /** Delay of each direction. Default 0. */
  oneWayMs?: number;
  /** The most that is added to it, at random. Default 0. */
  jitterMs?: number;
  /** Gives numbers in [0, 1) for the jitter. Default `Math.random`. */
  random?: () => number;
  /** Called with the client's end of every connection, before any of its data is read. */
  onConnection?: (near: Socket) => void;
};

/** Bytes of one direction of a connection that may be under way; then the sender has to wait, as in a full pipe. */
export const queueLimitBytes = 8 * 1024 * 1024;

/** A port of this machine, or a function that reads it from the start of a connection; `undefined` closes the connection. */
type FarPort = number | ((near: Socket) => Promise<number | undefined>);

/** A piece of data under way, or the end of a direction. */
type Parcel = { dueMs: number; deliver: () => void };

export class Relay {
  /** Bytes that came in from either side so far, and the most that was ever under way in one direction. */
  readonly tally = { toServerBytes: 0, toClientsBytes: 0, longestQueueBytes: 0 };
  readonly #options: Required<Omit<RelayOptions, 'onConnection'>> & RelayOptions;
  readonly #nearEnds: { server: Server; host: string; port: number }[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #silent = new WeakSet<Socket>();
  readonly #alarm: Alarm;
  /** Sorted by the instant at which they are due. */
  #parcels: Parcel[] = [];

  constructor(options: RelayOptions = {}) {
    this.#options = { oneWayMs: 0, jitterMs: 0, random: Math.random, ...options };
    this.#alarm = new Alarm(() => this.#deliverDue());
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Changes the delay of each direction. What is under way keeps its own. */
  setOneWayMs(oneWayMs: number): void {
    this.#options.oneWayMs = oneWayMs;
  }

  /** Relays to a port of this machine, at its address `farHost`. Returns the port of the near end, which listens on `host`. */
  async open(farPort: FarPort, host = '127.0.0.1', farHost = '127.0.0.1'): Promise<number> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, async (near) => {
      this.#keep(near);
      this.#options.onConnection?.(near);
      const port = typeof farPort === 'number' ? farPort : await farPort(near).catch(() => undefined);
      if (port === undefined || near.destroyed) return near.destroy();
      const far = connect({ host: farHost, port, noDelay: true, allowHalfOpen: true });
      this.#keep(far);
      this.#relay(near, far, 'toServerBytes');
      this.#relay(far, near, 'toClientsBytes');
    });
    const port = await listening(server, host, 0);
    this.#nearEnds.push({ server, host, port });
    return port;
  }

  /** Relays to the server at a URL. Returns the URL of the near end, which listens on `host`. */
  async openUrl(url: string, host = '127.0.0.1'): Promise<string> {
    const near = new URL(url);
    const port = await this.open(Number(near.port), host, hostOf(near));
    near.hostname = inUrl(host);
    near.port = String(port);
    return near.href;
  }

  /** Closes every connection at once, with what is under way. New connections work. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Passes nothing more on of the open connections, neither data nor ends. New connections work. */
  silence(): void {
    for (const socket of this.#sockets) this.#silent.add(socket);
  }

  /** Closes every connection at once, and refuses new ones until `comeBack`. */
  async goAway(): Promise<void> {
    const closed = this.#nearEnds.map(({ server }) => new Promise((resolve) => server.close(resolve)));
    this.cut();
    await Promise.all(closed);
  }

  /** Listens again at the ports of before. */
  async comeBack(): Promise<void> {
    await Promise.all(this.#nearEnds.map(({ server, host, port }) => listening(server, host, port)));
  }

  /** Goes away for good. */
  async close(): Promise<void> {
    this.#alarm.stop();
    this.#parcels = [];
    await this.goAway();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
  }

  #relay(from: Socket, to: Socket, direction: 'toServerBytes' | 'toClientsBytes'): void {
    let underWayBytes = 0;
    let lastDueMs = 0;
    let wasReset = false;
    const send = (deliver: () => void) => {
      lastDueMs = this.#send(lastDueMs, () => {
        if (!to.destroyed && !this.#silent.has(to)) deliver();
      });
    };
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
      // What is still queued for a connection that was reset is lost with it, as on a real network.
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

async function listening(server: Server, host: string, port: number): Promise<number> {
  await once(server.listen({ port, host, backlog: 4096 }), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A relay to the server at this URL, with the URL of its near end, which listens on `host`. */
export async function openRelay(url: string, host?: string): Promise<Relay & { url: string }> {
  const relay = new Relay();
  return Object.assign(relay, { url: await relay.openUrl(url, host) });
}
