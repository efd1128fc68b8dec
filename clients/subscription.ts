import { isBatch, type Message, parseDelivery } from '../servers/message.ts';
import { type Client, type ClientOptions, newCounters } from './client.ts';
import { Ledger } from './ledger.ts';
import type { Connection, ConnectionEvents } from './openers.ts';
import { stayConnected } from './stay-connected.ts';

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
  const ledger = new Ledger(options.after);
  const counters = newCounters();
  let handle: (message: Message) => void = () => {};
  let onSubscribed = () => {};

  const connection = stayConnected(
    (events) => open(ledger.cursor, events),
    (text) => {
      const delivery = parseDelivery(text);
      if (isBatch(delivery)) {
        ledger.takeBatch(delivery).forEach(handle);
        onSubscribed();
        return true;
      }
      if (ledger.takeMessage(delivery)) handle(delivery);
      return false;
    },
    counters,
    options,
  );

  return {
    ledger,
    counters,
    start: (onMessage) =>
      new Promise((resolve) => {
        handle = onMessage;
        onSubscribed = resolve;
        connection.start();
      }),
    pause: connection.pause,
    resume: connection.resume,
    publish: async (body, dueMs) => connection.send(JSON.stringify({ body, dueMs })),
    stop: connection.stop,
  };
}
