import { backoffMs } from './backoff.ts';
import type { ClientOptions, Counters } from './client.ts';
import type { Connection, ConnectionEvents } from './openers.ts';

/**
 * A connection that is opened again whenever it is lost, after a jittered back-off.
 *
 *     ──open──► texts … ╳ broken  ··back-off··  ──open──► texts …
 */
export type StayingConnected = {
  /** Opens it for the first time. */
  start(): void;
  pause(): void;
  resume(): void;
  send(text: string): void;
  stop(): void;
};

/**
 * `onText` returns whether the text showed that all is well, which ends the back-off. What it throws
 * is recorded as the reason of the failure, and the connection is opened anew; what else it carried
 * is not read.
 */
export function stayConnected(
  open: (events: ConnectionEvents) => Connection,
  onText: (text: string) => boolean,
  counters: Counters,
  { random = Math.random, backoff }: Pick<ClientOptions, 'random' | 'backoff'>,
): StayingConnected {
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failuresInARow = 0;
  let paused = false;
  let stopped = false;

  function connect(): void {
    counters.requests += 1;
    let unreadable: string | undefined;
    connection = open({
      onText(text) {
        if (unreadable !== undefined) return;
        try {
          if (onText(text)) failuresInARow = 0;
        } catch (error) {
          unreadable = (error as Error).message;
          connection?.close();
        }
      },
      onClose(reason) {
        if (stopped) return;
        counters.failures += 1;
        counters.lastFailure = unreadable ?? reason;
        failuresInARow += 1;
        timer = setTimeout(connect, backoffMs(failuresInARow, random, backoff));
      },
    });
    if (paused) connection.pause?.();
  }

  return {
    start: connect,
    pause() {
      paused = true;
      connection?.pause?.();
    },
    resume() {
      paused = false;
      connection?.resume?.();
    },
    send: (text) => connection?.send(text),
    stop() {
      stopped = true;
      clearTimeout(timer);
      connection?.close();
    },
  };
}
