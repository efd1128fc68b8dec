import type { Server, Socket } from 'node:net';
import type { Tally } from './endpoint.ts';
import type { Limits } from './limits.ts';

/**
 * So many connections may be open at once, whatever a server speaks.
 *
 *     connections   1 … limit     │ … + some more        │ …
 *                   come in       │ are told, and go     │ are cut
 *
 * How somebody is told is the server's own affair. A client of HTTP is told when its request has come: a
 * browser reads no answer to what it has not asked.
 */
export function limitConnections(
  server: Server,
  tally: Tally,
  { connections, connectionsTold, goodbyeMs }: Limits,
): void {
  let inside = 0;
  const leave = () => {
    inside -= 1;
  };
  server.maxConnections = connections + connectionsTold;
  server.on('drop', () => {
    tally.refused += 1;
  });
  server.on('connection', (socket: Socket) => {
    if (inside >= connections) {
      reasons.set(socket, `too many connections: the limit is ${connections}, try again later`);
      tally.refused += 1;
      cutSoon(socket, goodbyeMs);
      return;
    }
    inside += 1;
    socket.on('close', leave);
  });
}

const reasons = new WeakMap<Socket, string>();

/** Why this connection may not stay; `undefined` for one that may. */
export function whyTurnedAway(socket: Socket): string | undefined {
  return reasons.get(socket);
}

/**
 * Writes the last that a peer is told, reads on without listening, and cuts the connection if the peer does not
 * end it. A peer that has hung up, or was told its last already, is told nothing more.
 */
export function sayLast(socket: Socket, words: string | Buffer, goodbyeMs: number): void {
  socket.on('error', () => {});
  socket.removeAllListeners('data').resume();
  if (socket.writable) socket.end(words);
  cutSoon(socket, goodbyeMs);
}

/** Ends the connection from our side as well, and cuts it if what still waits for the peer does not get through. */
export function endToo(socket: Socket, goodbyeMs: number): void {
  socket.end();
  if (socket.writableLength > 0) cutSoon(socket, goodbyeMs);
}

function cutSoon(socket: Socket, goodbyeMs: number): void {
  const cut = setTimeout(() => socket.destroy(), goodbyeMs).unref();
  socket.once('close', () => clearTimeout(cut));
}
