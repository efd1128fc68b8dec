import type { ClientOptions, Counters } from '../client.ts';
import { backoffMs } from './backoff.ts';
import type { Connection, ConnectionEvents } from './openers.ts';

/**
 * A connection that is opened again whenever it is lost, after a jittered back-off.
 *
 *     ──open──► texts … ╳ broken    ··back-off··  ──open──► texts …
 *     ──open──► texts … (silence) ╳ ··back-off··  ──open──► texts …
 *
 * A server that has stopped, or a cable that was cut, breaks no connection: nothing comes any more, and
 * nothing says so. So the bytes that have come are looked at from time to time; a message costs nothing.
 *
 * A class, as all that a fleet has ten thousand of: an object costs its fields, a closure its context and
 * itself.
 */
export class StayingConnected {
  readonly #open: (events: ConnectionEvents) => Connection;
  readonly #onText: (text: string) => boolean;
  readonly #counters: Counters;
  readonly #options: Pick<ClientOptions, 'random' | 'backoff' | 'silenceLimitMs'>;
  #connection: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #bytesSeen = 0;
  #silentLooks = 0;
  /** Why this side gave the connection up. */
  #givenUp: string | undefined;
  #failuresInARow = 0;
  #paused = false;
  #stopped = false;

  /**
   * `onText` returns whether the text showed that all is well, which ends the back-off. What it throws
   * is recorded as the reason of the failure, and the connection is opened anew; what else it carried
   * is not read.
   */
  constructor(
    open: (events: ConnectionEvents) => Connection,
    onText: (text: string) => boolean,
    counters: Counters,
    options: Pick<ClientOptions, 'random' | 'backoff' | 'silenceLimitMs'>,
  ) {
    this.#open = open;
    this.#onText = onText;
    this.#counters = counters;
    this.#options = options;
  }

  /** Opens it for the first time. */
  start(): void {
    const { silenceLimitMs = defaultSilenceLimitMs } = this.#options;
    this.#watch = setInterval(() => this.#look(silenceLimitMs), silenceLimitMs / silentLooksMax);
    this.#connect();
  }

  /** Stops reading, on this connection and those that follow. */
  pause(): void {
    this.#paused = true;
    this.#connection?.pause?.();
  }

  /** Reads on. */
  resume(): void {
    this.#paused = false;
    this.#silentLooks = 0;
    this.#connection?.resume?.();
  }

  /** Sends a text, if it is connected now. */
  send(text: string): void {
    this.#connection?.send(text);
  }

  /** Closes it for good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#connection?.close();
  }

  #connect(): void {
    this.#counters.requests += 1;
    this.#givenUp = undefined;
    // So the first look finds something new, and only the time after it counts.
    this.#bytesSeen = -1;
    this.#connection = this.#open({
      onText: (text) => this.#take(text),
      onClose: (reason) => this.#onClose(reason),
    });
    if (this.#paused) this.#connection.pause?.();
  }

  #take(text: string): void {
    if (this.#givenUp !== undefined) return;
    try {
      if (this.#onText(text)) this.#failuresInARow = 0;
    } catch (error) {
      this.#giveUp((error as Error).message);
    }
  }

  #onClose(reason: string): void {
    this.#connection = undefined;
    if (this.#stopped) return;
    const { random = Math.random, backoff } = this.#options;
    this.#counters.failures += 1;
    this.#counters.lastFailure = this.#givenUp ?? reason;
    this.#failuresInARow += 1;
    this.#timer = setTimeout(() => this.#connect(), backoffMs(this.#failuresInARow, random, backoff));
  }

  #giveUp(reason: string): void {
    this.#givenUp = reason;
    this.#connection?.close();
  }

  /**
   * Counts looks, not time: a process that was stopped itself finds, when it goes on, one look at which
   * nothing had come, whatever the clocks say.
   */
  #look(silenceLimitMs: number): void {
    const bytes = this.#connection?.bytesRead;
    if (bytes === undefined || this.#paused || bytes !== this.#bytesSeen) {
      this.#bytesSeen = bytes ?? 0;
      this.#silentLooks = 0;
      return;
    }
    this.#silentLooks += 1;
    if (this.#silentLooks === silentLooksMax) this.#giveUp(`received nothing for ${silenceLimitMs / 1000} s`);
  }
}

/** Three heartbeats of a server that pushes. */
const defaultSilenceLimitMs = 45_000;

/** Looks that have to find nothing new before a connection is given up: so many make up the limit. */
const silentLooksMax = 3;
