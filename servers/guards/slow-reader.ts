import type { Socket } from 'node:net';

/** A listener of 'data': stops reading while the peer doesn't read, because replies to it would pile up. */
export function readWhileRoom(this: Socket): void {
  if (!this.writableNeedDrain || this.isPaused()) return;
  this.pause();
  this.once('drain', () => this.resume());
}
