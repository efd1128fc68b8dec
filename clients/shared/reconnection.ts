import { type Publication, parseJson } from '../../servers/log/message.ts';
import type { ClientOptions, Counters } from '../client.ts';
import { backoffMs } from './backoff.ts';
import type { Connection, ConnectionEvents } from './openers.ts';
import { errorIn } from './refusal.ts';
import { setTimer, timerLimitMs } from './timer.ts';

/**
 * A connection that is opened again after a back-off whenever it is lost.
 *
 *     ──open──► texts … ╳ broken    ··back-off··  ──open──► texts …
 *     ──open──► texts … (silence) ╳ ··back-off··  ──open──► texts …
 *
 * A server that hangs, or a cable that was cut, breaks no connection: nothing arrives any more, and nothing says so.
 * So the received bytes are counted from time to time; a message costs nothing.
 */
export class Reconnection {
  readonly #open: (events: ConnectionEvents) => Connection;
  readonly #onText: (text: string) => void;
  readonly #counters: Counters;
  readonly #options: Pick<ClientOptions, 'random' | 'backoff' | 'silenceLimitMs'>;
  #connection: Connection | undefined;
  /** Counts connections: events of an earlier one mean nothing any more. */
  #attempt = 0;
  /** The server has sent something, so it has let this client in. */
  #isAcknowledged = false;
  #isPaused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #bytesSeen = 0;
  #silentLooks = 0;
  #failuresInARow = 0;
  #unacknowledged: Set<Unacknowledged> | undefined;

  /** When `onText` throws, that is the reason why the connection is closed and opened again. */
  constructor(
    open: (events: ConnectionEvents) => Connection,
    onText: (text: string) => void,
    counters: Counters,
    options: Pick<ClientOptions, 'random' | 'backoff' | 'silenceLimitMs'>,
  ) {
    this.#open = open;
    this.#onText = onText;
    this.#counters = counters;
    this.#options = options;
  }

  start(): void {
    this.#connect();
    // Three heartbeats of a server.
    const { silenceLimitMs = 45_000 } = this.#options;
    const everyMs = silenceLimitMs / silentLooksMax;
    if (everyMs < timerLimitMs) this.#watch = setInterval(() => this.#look(silenceLimitMs), everyMs);
  }

  /**
   * Stops reading, on this connection and on later ones. Each of those first brings a text: it tells the client
   * that it is connected.
   */
  pause(): void {
    this.#isPaused = true;
    if (this.#isAcknowledged) this.#connection?.pause?.();
  }

  resume(): void {
    this.#isPaused = false;
    this.#silentLooks = 0;
    this.#connection?.resume?.();
  }

  /** Sends a text if the server has let this client in: the first words of a connection are its opener's. */
  send(text: string): void {
    if (this.#isAcknowledged) this.#connection?.send?.(text);
  }

  /** Resolves when the server has acknowledged the publication, and rejects when that can't come any more. */
  publish(publication: Publication & { id: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#isAcknowledged)
        return reject(new Error(`not connected: ${this.#counters.lastFailure ?? 'no response yet'}`));
      this.#unacknowledged ??= new Set();
      this.#unacknowledged.add({ id: publication.id, resolve, reject, looks: 0 });
      this.send(JSON.stringify(publication));
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#end('stopped');
  }

  #connect(): void {
    this.#counters.requests += 1;
    // The first look finds something new, and only the time after it counts.
    this.#bytesSeen = -1;
    const attempt = this.#attempt;
    const connection = this.#open({
      onText: (text) => {
        if (attempt === this.#attempt) this.#take(text);
      },
      onClose: (reason) => {
        if (attempt === this.#attempt) this.#lose(reason);
      },
    });
    if (attempt === this.#attempt) this.#connection = connection;
    else connection.close();
  }

  #take(text: string): void {
    const isFirst = !this.#isAcknowledged;
    this.#isAcknowledged = true;
    try {
      if (!this.#isAcknowledgement(text)) this.#onText(text);
    } catch (error) {
      this.#lose(errorIn(text) || (error as Error).message);
      return;
    }
    this.#failuresInARow = 0;
    if (isFirst && this.#isPaused) this.#connection?.pause?.();
  }

  #isAcknowledgement(text: string): boolean {
    if (!text.includes('"published"')) return false;
    const { published, id } = parseJson(text) as { published?: unknown; id?: unknown };
    if (typeof published !== 'number') return false;
    for (const pending of this.#unacknowledged ?? [])
      if (pending.id === id) {
        this.#unacknowledged?.delete(pending);
        pending.resolve();
        break;
      }
    return true;
  }

  #lose(reason: string): void {
    this.#end(reason);
    this.#counters.failures += 1;
    this.#counters.lastFailure = reason;
    this.#failuresInARow += 1;
    const { random = Math.random, backoff } = this.#options;
    this.#timer = setTimer(() => this.#connect(), backoffMs(this.#failuresInARow, random, backoff));
  }

  #end(reason: string): void {
    this.#attempt += 1;
    this.#isAcknowledged = false;
    this.#connection?.close();
    this.#connection = undefined;
    const lost = new Error(`the connection was lost before the acknowledgement: ${reason}`);
    for (const { reject } of this.#unacknowledged ?? []) reject(lost);
    this.#unacknowledged = undefined;
  }

  /**
   * Counts looks, not time: a process that was suspended finds, when it goes on, one look at which nothing had
   * arrived, whatever the clocks say.
   */
  #look(silenceLimitMs: number): void {
    if (this.#isPaused && this.#isAcknowledged) return;
    for (const pending of this.#unacknowledged ?? []) {
      pending.looks += 1;
      if (pending.looks <= silentLooksMax) continue;
      this.#unacknowledged?.delete(pending);
      pending.reject(new Error(`no acknowledgement for ${silenceLimitMs / 1000} s`));
    }
    const bytes = this.#connection?.bytesRead;
    this.#silentLooks = bytes === undefined || bytes !== this.#bytesSeen ? 0 : this.#silentLooks + 1;
    this.#bytesSeen = bytes ?? 0;
    if (this.#silentLooks === silentLooksMax) this.#lose(`no data for ${silenceLimitMs / 1000} s`);
  }
}

type Unacknowledged = { id: string; resolve(): void; reject(reason: Error): void; looks: number };

/** A connection is given up after this many looks that found nothing new: together they make up the limit. */
const silentLooksMax = 3;
