import { backoffMs } from './backoff.ts';
import type { ClientOptions, Counters } from './client.ts';
import type { Connection, ConnectionEvents } from './openers.ts';

/**
 * A connection that is opened again whenever it is lost, after a jittered back-off.
 *
 *     ──open──► texts … ╳ broken    ··back-off··  ──open──► texts …
 *     ──open──► texts … (silence) ╳ ··back-off··  ──open──► texts …
 *
 * A server that has stopped, or a cable that was cut, breaks no connection: nothing comes any more, and
 * nothing says so. So the bytes that have come are looked at from time to time; a message costs nothing.
 */
export type StayingConnected = {
  /** Opens it for the first time. */
  start(): void;
  pause(): void;
  resume(): void;
  send(text: string): void;
  stop(): void;
};

/** Three heartbeats of a server that pushes. */
const defaultSilenceLimitMs = 45_000;

/** Looks that have to find nothing new before a connection is given up: so many make up the limit. */
const silentLooksMax = 3;

/**
 * `onText` returns whether the text showed that all is well, which ends the back-off. What it throws
 * is recorded as the reason of the failure, and the connection is opened anew; what else it carried
 * is not read.
 */
export function stayConnected(
  open: (events: ConnectionEvents) => Connection,
  onText: (text: string) => boolean,
  counters: Counters,
  {
    random = Math.random,
    backoff,
    silenceLimitMs = defaultSilenceLimitMs,
  }: Pick<ClientOptions, 'random' | 'backoff' | 'silenceLimitMs'>,
): StayingConnected {
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setInterval> | undefined;
  let bytesSeen = 0;
  let silentLooks = 0;
  /** Why this side gave the connection up. */
  let givenUp: string | undefined;
  let failuresInARow = 0;
  let paused = false;
  let stopped = false;

  function connect(): void {
    counters.requests += 1;
    givenUp = undefined;
    // So the first look finds something new, and only the time after it counts.
    bytesSeen = -1;
    connection = open({
      onText(text) {
        if (givenUp !== undefined) return;
        try {
          if (onText(text)) failuresInARow = 0;
        } catch (error) {
          giveUp((error as Error).message);
        }
      },
      onClose(reason) {
        connection = undefined;
        if (stopped) return;
        counters.failures += 1;
        counters.lastFailure = givenUp ?? reason;
        failuresInARow += 1;
        timer = setTimeout(connect, backoffMs(failuresInARow, random, backoff));
      },
    });
    if (paused) connection.pause?.();
  }

  function giveUp(reason: string): void {
    givenUp = reason;
    connection?.close();
  }

  /**
   * Counts looks, not time: a process that was stopped itself finds, when it goes on, one look at which
   * nothing had come, whatever the clocks say.
   */
  function look(): void {
    const bytes = connection?.bytesRead;
    if (bytes === undefined || paused || bytes !== bytesSeen) {
      bytesSeen = bytes ?? 0;
      silentLooks = 0;
      return;
    }
    silentLooks += 1;
    if (silentLooks === silentLooksMax) giveUp(`nothing came for ${silenceLimitMs / 1000} s`);
  }

  return {
    start() {
      watch = setInterval(look, silenceLimitMs / silentLooksMax);
      connect();
    },
    pause() {
      paused = true;
      connection?.pause?.();
    },
    resume() {
      paused = false;
      silentLooks = 0;
      connection?.resume?.();
    },
    send: (text) => connection?.send(text),
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearInterval(watch);
      connection?.close();
    },
  };
}
