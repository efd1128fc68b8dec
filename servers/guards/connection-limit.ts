import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Tally } from '../meter/tally.ts';
import { type Limited, type Limits, limitsOf } from './limits.ts';

/**
 * The limit of open connections, whatever a server speaks.
 *
 *     connections   1 … limit     │ … + a few more       │ …
 *                   accepted      │ closed with a reason │ cut
 *
 * How the reason is sent depends on the protocol. Over HTTP it answers the first request: a browser reads no
 * response that it has not asked for.
 */
export function limitConnections(
  server: Server,
  tally: Tally,
  { connections, connectionsTold, goodbyeMs }: Limits,
): void {
  let accepted = 0;
  const leave = () => {
    accepted -= 1;
  };
  server.maxConnections = connections + connectionsTold;
  server.on('drop', () => {
    tally.refused += 1;
  });
  server.on('connection', (socket: Socket) => {
    if (accepted >= connections) {
      reasons.set(socket, `too many connections: expected at most ${connections} at once`);
      tally.refused += 1;
      destroyAfter(socket, goodbyeMs);
      return;
    }
    accepted += 1;
    socket.on('close', leave);
  });
}

const reasons = new WeakMap<Socket, string>();

/** Why this connection is rejected; `undefined` for an accepted one. */
export function rejectionReason(socket: Socket): string | undefined {
  return reasons.get(socket);
}

/**
 * Writes the last bytes of a connection, discards what still comes, and destroys the connection if the peer does
 * not end it in time. A connection that has ended already gets nothing more.
 */
export function endWithMessage(socket: Socket, message: string | Buffer, goodbyeMs: number): void {
  socket.on('error', () => {});
  socket.removeAllListeners('data').resume();
  if (socket.writable) socket.end(message);
  destroyAfter(socket, goodbyeMs);
}

/** Ends our side of the connection as well, and destroys it if the peer does not read what is still queued. */
export function endGracefully(socket: Socket, goodbyeMs: number): void {
  socket.end();
  if (socket.writableLength > 0) destroyAfter(socket, goodbyeMs);
}

/** A listener of 'data': stops reading while the peer doesn't read, because replies to it would pile up. */
export function readWhileRoom(this: Socket): void {
  if (!this.writableNeedDrain || this.isPaused()) return;
  this.pause();
  this.once('drain', () => this.resume());
}

/** Destroys a connection in time, unless it, or a response on it, has closed by then. */
export function destroyAfter(socket: Socket, goodbyeMs: number, until: EventEmitter = socket): void {
  const timer = setTimeout(() => socket.destroy(), goodbyeMs).unref();
  until.once('close', () => clearTimeout(timer));
}

/** A TCP server that passes connections on to the server of a page, up to their limit. */
export function guardedTcpServer(page: Server, tally: Tally, options: Limited): Server {
  const limits = limitsOf(options);
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  limitConnections(server, tally, limits);
  server.on('connection', (socket) => {
    socket.on('end', () => destroyAfter(socket, limits.goodbyeMs));
    const reason = rejectionReason(socket);
    if (reason === undefined) {
      page.emit('connection', socket);
      socket.on('data', readWhileRoom);
    } else endWithMessage(socket, `${JSON.stringify({ error: reason })}\n`, limits.goodbyeMs);
  });
  return server;
}
