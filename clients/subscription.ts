import { isBatch, type Message, parseDelivery } from '../servers/message.ts';
import { backoffMs } from './backoff.ts';
import { type Client, type ClientOptions, newCounters } from './client.ts';
import { Ledger } from './ledger.ts';
import type { Connection, ConnectionEvents } from './openers.ts';

/**
 * What every pushed client shares: stay connected, come back with the cursor, keep the ledger.
 *
 *     client  ──open──►              ╳ broken  ··back-off··  ──open, after=8──►
 *             ◄─batch──[7]──[8]──                            ◄─batch [9 10]──[11]──
 *
 * Between messages it does nothing at all. Pausing stops reading at the socket: the kernel's buffers
 * fill, then the server's.
 */
export function subscription(
  options: ClientOptions,
  open: (after: string | undefined, events: ConnectionEvents) => Connection,
): Client {
  const { random = Math.random } = options;
  const ledger = new Ledger(options.after);
  const counters = newCounters();
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failuresInARow = 0;
  let paused = false;
  let stopped = false;

  function connect(onMessage: (message: Message) => void, onSubscribed: () => void): void {
    counters.requests += 1;
    connection = open(ledger.cursor, {
      onText(text) {
        try {
          const delivery = parseDelivery(text);
          if (isBatch(delivery)) {
            failuresInARow = 0;
            ledger.takeBatch(delivery).forEach(onMessage);
            onSubscribed();
          } else if (ledger.takeMessage(delivery)) onMessage(delivery);
        } catch (error) {
          counters.lastFailure = (error as Error).message;
          connection?.close();
        }
      },
      onClose(reason) {
        if (stopped) return;
        counters.failures += 1;
        counters.lastFailure ??= reason;
        failuresInARow += 1;
        timer = setTimeout(connect, backoffMs(failuresInARow, random), onMessage, onSubscribed);
      },
    });
    if (paused) connection.pause?.();
  }

  return {
    ledger,
    counters,
    start: (onMessage) => new Promise((resolve) => connect(onMessage, resolve)),
    pause() {
      paused = true;
      connection?.pause?.();
    },
    resume() {
      paused = false;
      connection?.resume?.();
    },
    publish: async (body, dueMs) => connection?.send(JSON.stringify({ body, dueMs })),
    stop() {
      stopped = true;
      clearTimeout(timer);
      connection?.close();
    },
  };
}
