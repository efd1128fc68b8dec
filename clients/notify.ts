import { type Cursor, type Message, parseNotice } from '../servers/log/message.ts';
import type { Client, ClientOptions } from './client.ts';
import { backoffMs } from './shared/backoff.ts';
import type { Openers } from './shared/openers.ts';
import { Poll } from './shared/poll.ts';
import { StayingConnected } from './shared/reconnection.ts';

/**
 * Receives by notify-then-fetch: is told that there is news, and asks for it when it wants it.
 *
 *     client  ◄─{next:8}─  ──GET after=6──►◄─[7 8]──   (paused) ◄─{next:9}─◄─{next:11}─   ──GET after=8──►
 *
 * A notice that comes while one is being followed up replaces the one before it. Costs the client an
 * open connection, and a request for what the notices of one round trip announce, or of the interval
 * that it gives itself.
 */
export type NotifyClientOptions = ClientOptions & {
  /** The least time from one fetch to the next: the client's own pace. Default 0. */
  intervalMs?: number;
};

export function notifyClient(
  options: NotifyClientOptions,
  openers: Pick<Openers, 'webSocket' | 'http'>,
): Client {
  const { random = Math.random, intervalMs = 0 } = options;
  const poll = new Poll(options, { http: (origin, how) => openers.http(origin.replace(/^ws/, 'http'), how) });
  let handle: (message: Message) => void = () => {};
  let onSubscribed = () => {};
  let announced: Cursor | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failuresInARow = 0;
  let fetching = false;
  let paused = false;
  let stopped = false;

  const connection = new StayingConnected(
    (events) => openers.webSocket(`${options.url}/messages`, events),
    (text) => {
      announced = parseNotice(text);
      if (poll.ledger.isBehind(announced)) void fetchNews();
      return true;
    },
    poll.counters,
    options,
  );

  async function fetchNews(): Promise<void> {
    if (fetching || paused || stopped) return;
    fetching = true;
    try {
      do {
        for (const message of await poll.ask()) handle(message);
        onSubscribed();
        failuresInARow = 0;
      } while (!paused && (poll.more || (intervalMs === 0 && poll.ledger.isBehind(announced))));
      if (intervalMs > 0) return void rest();
    } catch {
      failuresInARow += 1;
      timer = setTimeout(fetchNews, backoffMs(failuresInARow, random, options.backoff));
    }
    fetching = false;
  }

  /** Asks for nothing for a while; what was announced meanwhile is fetched afterwards, all at once. */
  function rest(): void {
    timer = setTimeout(() => {
      fetching = false;
      if (poll.ledger.isBehind(announced)) void fetchNews();
    }, intervalMs);
  }

  return {
    ledger: poll.ledger,
    counters: poll.counters,
    start: (onMessage) =>
      new Promise((resolve) => {
        handle = onMessage;
        onSubscribed = resolve;
        connection.start();
      }),
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      if (poll.more || poll.ledger.isBehind(announced)) void fetchNews();
    },
    publish: async (body, dueMs) => connection.send(JSON.stringify({ body, dueMs })),
    stop() {
      stopped = true;
      clearTimeout(timer);
      connection.stop();
      poll.close();
    },
  };
}
