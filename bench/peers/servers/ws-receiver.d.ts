import type { Writable } from 'node:stream';

/** The parser of frames: `ws` exports it, and its types leave it out. */
declare module 'ws' {
  export class Receiver extends Writable {
    constructor(options: { isServer: boolean; maxPayload: number });
  }
}
