import type { Socket } from 'node:net';
import { nowMs } from './clock.ts';
import type { Tally } from './endpoint.ts';
import { type Cursor, formatCursor, type Message, parseCursor } from './message.ts';
import type { MessageLog } from './message-log.ts';

/**
 * "Tell everybody": what every kind of push shares.
 *
 *     turn of the event loop     |  msg 7, msg 8  |                |  msg 9  |
 *     built once                 | [frame7 frame8]|                | [frame9]|
 *     socket A  ------------------[7 8]------------------------------[9]----->
 *     socket B  -------------------[7 8]------------------------------[9]---->
 *     socket C  --------------------[7 8]------------------------------[9]--->   the last one waits for all before it
 *
 * A message is encoded and framed once, however many sockets it goes to, and what comes due in one
 * turn of the event loop leaves in one write per socket. The writes are serial: the cost of a
 * fan-out, and the last reader's delay, grow with the number of readers.
 *
 * Node queues without limit for a socket that does not drain. Here a reader with more than
 * `bufferLimitBytes` waiting is cut off and counted; it can come back with its cursor.
 */
export type FanOutOptions = {
  /** Bytes that may wait for one reader. Default 64 MiB, as in NATS. */
  bufferLimitBytes?: number;
  /** How often a sign of life is written, for whatever sits between. Default 15,000. */
  heartbeatMs?: number;
  /** One write per socket for all that is due in a turn of the event loop. Default `true`; `false` shows what that saves. */
  coalesce?: boolean;
  /** Of all that is due in one turn only the newest is told. Default `false`. */
  conflate?: boolean;
};

/** How a transport wraps a text for its wire. SSE also sends where the reader stands and what kind of event it is. */
export type Frame = (text: string, cursor: string, event: 'batch' | 'message') => Buffer;

export class FanOut {
  readonly #log: MessageLog;
  readonly #tally: Tally;
  readonly #frame: Frame;
  readonly #bufferLimitBytes: number;
  readonly #coalesce: boolean;
  readonly #conflate: boolean;
  readonly #sockets = new Set<Socket>();
  readonly #unsubscribe: () => void;
  readonly #heart: NodeJS.Timeout;

  constructor(log: MessageLog, tally: Tally, frame: Frame, heartbeat: Buffer, options: FanOutOptions = {}) {
    this.#log = log;
    this.#tally = tally;
    this.#frame = frame;
    this.#bufferLimitBytes = options.bufferLimitBytes ?? 64 * 1024 * 1024;
    this.#coalesce = options.coalesce ?? true;
    this.#conflate = options.conflate ?? false;
    this.#unsubscribe = log.subscribe((messages) => this.#deliver(messages));
    this.#heart = setInterval(() => this.#write(heartbeat), options.heartbeatMs ?? 15_000).unref();
  }

  /**
   * Lets a reader in: first the batches that a poll with this cursor would get, until it has caught
   * up, then every message as it comes. Nothing can slip in between: both happen in one turn.
   */
  join(socket: Socket, cursor: Cursor | undefined): void {
    this.#log.tell();
    for (let batch = this.#log.after(cursor); ; batch = this.#log.after(parseCursor(batch.next))) {
      socket.write(this.#frame(JSON.stringify(batch), batch.next, 'batch'));
      this.#tally.deliveries += batch.messages.length;
      if (!batch.more) break;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.leave(socket));
  }

  /** Lets a reader go. */
  leave(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  /** Stops listening to the log. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heart);
  }

  #deliver(messages: readonly Message[]): void {
    if (this.#sockets.size === 0) return;
    const told = this.#conflate ? messages.slice(-1) : messages;
    const frames = told.map((message) =>
      this.#frame(
        JSON.stringify(message),
        formatCursor({ logId: this.#log.id, seq: message.seq }),
        'message',
      ),
    );
    const writes = this.#coalesce ? [Buffer.concat(frames)] : frames;
    const startMs = nowMs();
    let readers = 0;
    for (const write of writes) readers = this.#write(write);
    const spanMs = nowMs() - startMs;
    this.#tally.deliveries += readers * messages.length;
    const { fanOuts } = this.#tally;
    fanOuts.count += 1;
    fanOuts.sumMs += spanMs;
    fanOuts.maxMs = Math.max(fanOuts.maxMs, spanMs);
  }

  /** Writes one frame to every reader; returns how many there were. */
  #write(frame: Buffer): number {
    let written = 0;
    for (const socket of this.#sockets) {
      if (!socket.writable) continue;
      if (socket.writableLength > this.#bufferLimitBytes) {
        this.#tally.evicted += 1;
        socket.destroy();
        continue;
      }
      socket.write(frame);
      written += 1;
    }
    return written;
  }
}
