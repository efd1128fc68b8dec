import type { Socket } from 'node:net';

/** Stops reading while the peer doesn't read: replies to it would pile up. */
export function readWhileRoom(socket: Socket): void {
  socket.on('data', () => {
    if (!socket.writableNeedDrain || socket.isPaused()) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  });
}
