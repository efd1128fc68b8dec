import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { nowMs } from './clock.ts';
import type { Eviction, SubscriberState, Subscribers, Tally } from './tally.ts';

/**
 * One listening server of any transport, and the bytes that passed its sockets. The bytes are those that Node wrote
 * to the kernel and read from it: with headers of HTTP and of frames, without headers of TCP and IP.
 */
export class Endpoint {
  readonly tally: Tally;
  readonly #server: Server;
  readonly #entrances: Server[] = [];
  readonly #subscribers: Subscribers | undefined;
  /** Every open socket, and when it was opened. */
  readonly #sockets = new Map<Socket, number>();
  readonly #closedBytes = { toClients: 0, toServer: 0 };
  #closedConnectedMs = 0;
  #accepted = 0;

  constructor(server: Server, tally: Tally, subscribers?: Subscribers) {
    this.tally = tally;
    this.#server = server;
    this.#subscribers = subscribers;
    const close = (socket: Socket) => this.#close(socket);
    // One listener for all connections: thousands of idle ones would have a closure each.
    function onClose(this: Socket): void {
      close(this);
    }
    server.on('connection', (socket: Socket) => {
      this.#accepted += 1;
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

  /** The port of a listening server. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Subscribers added so far, on a server that pushes. */
  get joined(): number {
    return this.#subscribers?.joined ?? 0;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Bytes through all sockets so far, closed ones included. */
  get bytes(): { toClients: number; toServer: number } {
    const sum = { ...this.#closedBytes };
    for (const socket of this.#sockets.keys()) {
      sum.toClients += writtenBytes(socket);
      sum.toServer += socket.bytesRead;
    }
    return sum;
  }

  /** The time for which connections have been open, summed over all of them, closed ones included. */
  get connectedMs(): number {
    const now = nowMs();
    let sumMs = this.#closedConnectedMs;
    for (const openedAtMs of this.#sockets.values()) sumMs += now - openedAtMs;
    return sumMs;
  }

  /** Bytes that wait in this process for the slowest client, in its send queue and its socket; the kernel's buffers are not included. */
  get longestBacklogBytes(): number {
    let longest = 0;
    for (const socket of this.#sockets.keys()) {
      const queuedBytes = this.#subscribers?.stateOf(socket)?.waitingBytes ?? 0;
      longest = Math.max(longest, queuedBytes + socket.writableLength);
    }
    return longest;
  }

  /** The state of each subscriber, in the order in which they came. */
  get readers(): SubscriberState[] {
    return [...this.#sockets.keys()].flatMap((socket) => this.#subscribers?.stateOf(socket) ?? []);
  }

  /** The newest evictions, at most 100. */
  get evictions(): readonly Eviction[] {
    return this.#subscribers?.evictions ?? [];
  }

  /** Listens. Port 0 chooses any free port. Rejects when the port is taken. */
  async listen(port = 0, host = '127.0.0.1'): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: 4096 }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Accepts connections at another address of this machine as well, on the same port. Rejects when that port is taken. */
  async listenAlso(host: string): Promise<void> {
    const entrance = createServer({ noDelay: true }, (socket) => this.#server.emit('connection', socket));
    entrance.maxConnections = this.#server.maxConnections;
    entrance.on('drop', (data) => this.#server.emit('drop', data));
    await new Promise<void>((resolve, reject) => {
      entrance.once('error', reject).listen({ port: this.port, host, backlog: 4096 }, resolve);
    });
    this.#entrances.push(entrance);
  }

  /** Cuts every open connection, and goes on listening. Resolves when all are closed. */
  async cut(): Promise<void> {
    const sockets = [...this.#sockets.keys()];
    await Promise.all(sockets.map((socket) => new Promise((gone) => socket.once('close', gone).destroy())));
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    this.#subscribers?.close();
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
