import type { Writable } from 'node:stream';

/** What `ws` reads frames with. It exports it, but its types leave it out. */
declare module 'ws' {
  export class Receiver extends Writable {
    constructor(options: {
      /** Frames have to be masked, as those of clients are. */
      isServer: boolean;
      /** Bytes of a message, however many frames it comes in. */
      maxPayload: number;
      /** Pieces of a message that may wait for their end. */
      maxBufferedChunks: number;
      /** Frames of a message. */
      maxFragments: number;
    });
  }
}
