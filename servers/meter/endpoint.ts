import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Eviction, FanOut } from '../fan-out/fan-out.ts';
import type { Subscriber } from '../fan-out/subscriber.ts';
import { nowMs } from './clock.ts';
import type { Tally } from './tally.ts';

/**
 * A listening server of any transport, and the bytes that Node wrote to the kernel and read from it: with headers of
 * HTTP and of frames, without headers of TCP and IP.
 */
export class Endpoint {
  readonly tally: Tally;
  readonly #server: Server;
  readonly #entrances: Server[] = [];
  readonly #fanOut: FanOut | undefined;
  /** Every open socket, and when it was opened. */
  readonly #sockets = new Map<Socket, number>();
  readonly #closedBytes = { toClients: 0, toServer: 0 };
  #closedConnectedMs = 0;
  /** Connections accepted so far. */
  accepted = 0;

  constructor(server: Server, tally: Tally, fanOut?: FanOut) {
    this.tally = tally;
    this.#server = server;
    this.#fanOut = fanOut;
    const endpoint = this;
    // One listener for all connections: thousands of idle ones would have a closure each.
    function onClose(this: Socket): void {
      endpoint.#close(this);
    }
    server.on('connection', (socket: Socket) => {
      this.accepted += 1;
      this.#sockets.set(socket, nowMs());
      socket.on('close', onClose);
    });
  }

  #close(socket: Socket): void {
    this.#closedConnectedMs += nowMs() - (this.#sockets.get(socket) as number);
    this.#closedBytes.toClients += writtenBytes(socket);
    this.#closedBytes.toServer += socket.bytesRead;
    this.#sockets.delete(socket);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Subscribers that were ever added. */
  get joined(): number {
    return this.#fanOut?.joined ?? 0;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Through all sockets so far, closed ones included. */
  get bytes(): { toClients: number; toServer: number } {
    const sum = { ...this.#closedBytes };
    for (const socket of this.#sockets.keys()) {
      sum.toClients += writtenBytes(socket);
      sum.toServer += socket.bytesRead;
    }
    return sum;
  }

  /** The time for which connections have been open, summed over all so far. */
  get connectedMs(): number {
    const now = nowMs();
    let sumMs = this.#closedConnectedMs;
    for (const openedAtMs of this.#sockets.values()) sumMs += now - openedAtMs;
    return sumMs;
  }

  /** Bytes that wait in this process for the slowest client, in its send queue and its socket; the kernel's buffers are not included. */
  get longestBacklogBytes(): number {
    let longest = 0;
    for (const { writableLength } of this.#sockets.keys()) longest = Math.max(longest, writableLength);
    for (const { waitingBytes, socket } of this.readers)
      longest = Math.max(longest, waitingBytes + socket.writableLength);
    return longest;
  }

  /** The subscribers of a server that pushes, in the order in which they came. */
  get readers(): readonly Subscriber[] {
    return [...(this.#fanOut?.subscribers ?? [])];
  }

  /** The newest evictions, at most 100. */
  get evictions(): readonly Eviction[] {
    return this.#fanOut?.evictions ?? [];
  }

  /** Listens. Port 0 chooses any free port. Rejects when the port is taken. */
  async listen(port = 0, host = '127.0.0.1'): Promise<void> {
    await once(this.#server.listen({ port, host, backlog: 4096 }), 'listening');
  }

  /** Accepts connections at another address of this machine as well, on the same port. Rejects when that port is taken. */
  async listenAlso(host: string): Promise<void> {
    const entrance = createServer({ noDelay: true }, (socket) => this.#server.emit('connection', socket));
    entrance.maxConnections = this.#server.maxConnections;
    entrance.on('drop', (data) => this.#server.emit('drop', data));
    await once(entrance.listen({ port: this.port, host, backlog: 4096 }), 'listening');
    this.#entrances.push(entrance);
  }

  /** Cuts every open connection, and goes on listening. Resolves when all are closed. */
  async cut(): Promise<void> {
    const sockets = [...this.#sockets.keys()];
    await Promise.all(sockets.map((socket) => new Promise((gone) => socket.once('close', gone).destroy())));
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    this.#fanOut?.close();
    const closed = [this.#server, ...this.#entrances].map(
      (server) => new Promise((resolve) => server.close(resolve)),
    );
    for (const socket of this.#sockets.keys()) socket.destroy();
    await Promise.all(closed);
  }
}

/** Node counts queued bytes as written. */
function writtenBytes(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
