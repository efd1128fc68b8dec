import type { Socket } from 'node:net';

/**
 * Limits of a peer that does not read. Nothing more is read from it until it does: replies to it would pile up.
 * After it has ended its side of the connection it has this time left to read the rest.
 */
export function limitSlowReader(socket: Socket, goodbyeMs: number): void {
  socket.on('data', () => {
    if (!socket.writableNeedDrain || socket.isPaused()) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  });
  socket.on('end', () => {
    const timer = setTimeout(() => socket.destroy(), goodbyeMs).unref();
    socket.once('close', () => clearTimeout(timer));
  });
}
