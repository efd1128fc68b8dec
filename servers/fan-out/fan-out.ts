import type { Socket } from 'node:net';
import { nowMs } from '../meter/clock.ts';
import type { Eviction, ReaderState, Readership, Tally } from '../meter/endpoint.ts';
import { endToo } from '../guards/connection-limit.ts';
import { type Limited, limitsOf } from '../guards/limits.ts';
import { type Batch, type Cursor, formatCursor, keyLimit, type Message } from '../log/message.ts';
import type { MessageLog } from '../log/message-log.ts';
import type { Entry, OutboxOptions } from './send-queue.ts';
import { type Frame, type Parcel, Reader, type SayWhy, type Wire, writeLimitBytes } from './subscriber.ts';

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
 * Node queues without limit for a socket that does not drain. Here what such a reader is owed waits in
 * its outbox, under a limit and a policy; subscriber.ts says when, send-queue.ts what becomes of it. While
 * nobody is slow, none of that costs anything: a reader that keeps up is a socket in a list. The options
 * of the outbox are read anew for every reader.
 */
export type FanOutOptions = OutboxOptions &
  Limited & {
    /** How often a sign of life is written, for whatever sits between. Default 15,000. */
    heartbeatMs?: number;
    /** One write per socket for all that is due in a turn of the event loop. Default `true`; `false` shows what that saves. */
    coalesce?: boolean;
  };

/** Evictions that are remembered, the newest of them. */
const evictionLimit = 100;

export class FanOut implements Readership {
  readonly #wire: Wire;
  readonly #options: FanOutOptions;
  readonly #readers = new Map<Socket, Reader>();
  readonly #evictions: Eviction[] = [];
  #joined = 0;
  readonly #unsubscribe: () => void;
  readonly #heart: NodeJS.Timeout;
  /** What happens at the end of a connection: the same for all of them. */
  readonly #onClose: (this: Socket) => void;
  readonly #onEnd: (this: Socket) => void;

  /**
   * With `noticesOnly` the frames say only that there is news: of one turn's the newest will do, and it
   * replaces the one that still waits for a reader, whatever the policy.
   */
  constructor(
    log: MessageLog,
    tally: Tally,
    frame: Frame,
    heartbeat: Buffer,
    options: FanOutOptions = {},
    { noticesOnly = false } = {},
  ) {
    this.#wire = {
      log,
      frame,
      tally,
      noticesOnly,
      flowing: new Set(),
      evict: (reader, reason) => this.#evict(reader, reason),
    };
    this.#options = noticesOnly ? { ...options, policy: 'conflate', limitBytes: undefined } : options;
    this.#unsubscribe = log.subscribe((messages) => this.#deliver(messages));
    this.#heart = setInterval(() => {
      for (const reader of this.#readers.values()) reader.beat(heartbeat);
    }, options.heartbeatMs ?? 15_000).unref();
    const fanOut = this;
    const { goodbyeMs } = limitsOf(options);
    this.#onClose = function () {
      fanOut.leave(this);
    };
    // A reader is connected both ways or not at all: one that has said its last word, and does not read what
    // waits for it, would never close.
    this.#onEnd = function () {
      fanOut.leave(this);
      endToo(this, goodbyeMs);
    };
  }

  /**
   * Lets a reader in: first the batches that a poll with this cursor would get, until it has caught
   * up, then every message as it comes.
   */
  join(socket: Socket, after: Cursor | undefined, sayWhy: SayWhy): void {
    this.#joined += 1;
    this.#readers.set(socket, new Reader(socket, after, this.#wire, sayWhy, this.#options));
    socket.on('close', this.#onClose).on('end', this.#onEnd);
  }

  /** Lets this reader be sent more, under the policy `credit`. Throws `BadInput` on any other, and on too much. */
  grant(socket: Socket, credit: number): void {
    this.#readers.get(socket)?.grant(credit);
  }

  /** Lets a reader go. */
  leave(socket: Socket): void {
    this.#readers.get(socket)?.stop();
    this.#readers.delete(socket);
  }

  /** How the reader at this socket stands; `undefined` when there is none. */
  stateOf(socket: Socket): ReaderState | undefined {
    return this.#readers.get(socket);
  }

  get joined(): number {
    return this.#joined;
  }

  get evictions(): readonly Eviction[] {
    return this.#evictions;
  }

  /** Stops listening to the log, and writing. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heart);
    for (const socket of this.#readers.keys()) this.leave(socket);
  }

  /** Tells everybody what came in one turn. Of messages that will never come it tells in their place. */
  #deliver(messages: readonly Message[]): void {
    let unbroken: Message[] = [];
    for (const message of messages) {
      const missing = this.#wire.log.missingBefore(message.seq);
      if (missing > 0) {
        this.#write(unbroken);
        unbroken = [];
        this.#tellHole(message.seq - missing, missing);
      }
      unbroken.push(message);
    }
    this.#write(unbroken);
  }

  /** Says in an empty batch that so many messages will never come. A notice says only how far the log has got. */
  #tellHole(first: number, missing: number): void {
    const { log, frame: frameOf, noticesOnly } = this.#wire;
    if (noticesOnly) return;
    const next = formatCursor({ logId: log.id, seq: first + missing - 1 });
    const batch: Batch = { messages: [], next, missed: missing };
    const frame = frameOf(JSON.stringify(batch), next, 'batch');
    // A key that no message can have: nothing replaces it, and it replaces nothing.
    const hole = { seq: first, key: `${first}`.padEnd(keyLimit + 1), frame, missing };
    for (const reader of this.#readers.values()) reader.tellHole(hole);
  }

  #write(messages: readonly Message[]): void {
    if (this.#readers.size === 0 || messages.length === 0) return;
    const { flowing, tally, noticesOnly } = this.#wire;
    const told = noticesOnly ? messages.slice(-1) : messages;
    const parcels = parcelsOf(
      told.map((message) => this.#entryOf(message)),
      this.#options.coalesce ?? true,
    );
    const startMs = nowMs();
    for (const parcel of parcels) {
      let written = 0;
      // Who does not flow first: a socket that is full after this write is not to get it twice.
      if (flowing.size < this.#readers.size)
        for (const [socket, reader] of this.#readers)
          if (!flowing.has(socket) && reader.take(parcel)) written += 1;
      for (const socket of flowing) {
        // One that is on its way out takes nothing more.
        if (!socket.writable) continue;
        if (!socket.write(parcel.bytes)) flowing.delete(socket);
        written += 1;
      }
      tally.deliveries += written * parcel.entries.length;
    }
    const spanMs = nowMs() - startMs;
    const { fanOuts } = tally;
    fanOuts.count += 1;
    fanOuts.sumMs += spanMs;
    fanOuts.maxMs = Math.max(fanOuts.maxMs, spanMs);
  }

  /** The one frame that all readers share. */
  #entryOf(message: Message): Entry {
    const { seq, key = '' } = message;
    const { log, frame, noticesOnly } = this.#wire;
    const place = formatCursor({ logId: log.id, seq });
    return {
      seq,
      key: noticesOnly ? '' : key,
      frame: frame(JSON.stringify(message), place, 'message'),
    };
  }

  /** Has a reader sent away, and remembers why: congested as it is, it may never read the reason itself. */
  #evict({ socket, who, sayWhy }: Reader, reason: string): void {
    this.#wire.tally.evicted += 1;
    this.#evictions.push({ who, atMs: nowMs(), reason });
    if (this.#evictions.length > evictionLimit) this.#evictions.shift();
    this.leave(socket);
    sayWhy(reason);
  }
}

/** Packs entries for writing: as many to a parcel as one write may carry, or one to each. */
function parcelsOf(entries: readonly Entry[], coalesce: boolean): Parcel[] {
  const packed: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    bytes += entry.frame.length;
    if (coalesce && bytes <= writeLimitBytes) packed.at(-1)?.push(entry);
    else {
      packed.push([entry]);
      bytes = entry.frame.length;
    }
  }
  return packed.map((entries) => ({ entries, bytes: joined(entries) }));
}

function joined(entries: readonly Entry[]): Buffer {
  const [first, ...others] = entries.map(({ frame }) => frame) as [Buffer, ...Buffer[]];
  return others.length === 0 ? first : Buffer.concat([first, ...others]);
}
