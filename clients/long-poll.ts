import type { Client, ClientOptions } from './client.ts';
import { backoffMs } from './shared/backoff.ts';
import type { Openers } from './shared/openers.ts';
import { Poll } from './shared/poll.ts';

/** How long an answer may take: the hold of a server, 25,000 unless it was told another, and a margin. */
const answeredWithinMs = 45_000;

/**
 * Receives by long polling: asks, and asks again as soon as there was an answer.
 *
 *     client  ──GET after=6──►          ◄──[7]── ──GET after=7──►                ◄──[]── ──GET after=7──►
 *                             ...hold...                         ......hold......
 *
 * The waiting happens in the server. Costs a request per message or per hold, whichever comes first.
 */
export function longPollClient(options: ClientOptions, openers: Pick<Openers, 'http'>): Client {
  const { random = Math.random } = options;
  const poll = new Poll(options, openers, answeredWithinMs);
  let paused = false;
  let stopped = false;
  let onResume = () => {};

  return {
    ledger: poll.ledger,
    counters: poll.counters,
    start: (onMessage) =>
      new Promise((resolve) => {
        void askForever();

        async function askForever(): Promise<void> {
          let failuresInARow = 0;
          while (!stopped) {
            if (paused) await new Promise<void>((resume) => (onResume = resume));
            try {
              for (const message of await poll.ask()) onMessage(message);
              failuresInARow = 0;
              resolve();
            } catch {
              failuresInARow += 1;
              await new Promise((next) =>
                setTimeout(next, backoffMs(failuresInARow, random, options.backoff)),
              );
            }
          }
        }
      }),
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      onResume();
    },
    publish: (body, dueMs) => poll.publish(body, dueMs),
    stop() {
      stopped = true;
      onResume();
      poll.close();
    },
  };
}
