import { isBatch, type Message, parseDelivery } from '../servers/message.ts';
import { type Client, type ClientOptions, newCounters } from './client.ts';
import { CreditWindow } from './credit.ts';
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
 * fill, then the server's. With `credit` the server sends no more than was granted, so that nothing
 * fills: the first batch of a connection is empty then, and credit is granted in answer to it.
 */
export function subscription(
  options: ClientOptions,
  open: (after: string | undefined, events: ConnectionEvents) => Connection,
): Client {
  const ledger = new Ledger(options.after);
  const counters = newCounters();
  const credit =
    options.credit === undefined
      ? undefined
      : new CreditWindow(options.credit, (text) => connection.send(text));
  let handle: (message: Message) => void = () => {};
  let onSubscribed = () => {};

  const connection = stayConnected(
    (events) => {
      credit?.close();
      return open(ledger.cursor, events);
    },
    (text) => {
      const delivery = parseDelivery(text);
      if (isBatch(delivery)) {
        const fresh = ledger.takeBatch(delivery);
        credit?.take(delivery.messages.length);
        fresh.forEach(handle);
        credit?.release(delivery.messages.length - fresh.length);
        onSubscribed();
        credit?.open();
        return true;
      }
      credit?.take(1);
      if (ledger.takeMessage(delivery)) handle(delivery);
      else credit?.release(1);
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
    handled: (count) => credit?.release(count),
    publish: async (body, dueMs) => connection.send(JSON.stringify({ body, dueMs })),
    stop: connection.stop,
  };
}
