import type { Message } from '../../servers/log/message.ts';
import type { Client, ClientOptions } from '../client.ts';
import type { Openers } from '../shared/openers.ts';
import { Poll } from '../shared/poll.ts';

/**
 * A worked answer to the exercise in client.exercise.ts. Don't read on before you have tried.
 *
 * A poll that asks more rarely while there is nothing:
 *
 *     asks     |  |    |        |                |  |    |
 *     answers  7  -    -        -                8  -    -
 *
 * Costs few requests while little happens. The price is age: what comes after a silence waits for half of
 * the longest interval on average, and just then it may matter most.
 */
export type PatientPollOptions = ClientOptions & {
  /** Time to the next question while there is news. */
  intervalMs: number;
  /** The most that it waits while there is none. */
  longestMs: number;
};

export function myPollClient(options: PatientPollOptions, openers: Pick<Openers, 'http'>): Client {
  const { intervalMs, longestMs } = options;
  const poll = new Poll(options, openers);
  let waitMs = intervalMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let paused = false;
  let stopped = false;
  let handle: (message: Message) => void = () => {};
  let onSubscribed = () => {};

  async function ask(): Promise<void> {
    const isFirst = poll.ledger.cursor === undefined;
    try {
      const messages = await poll.ask();
      messages.forEach(handle);
      if (isFirst) onSubscribed();
      else waitMs = messages.length > 0 ? intervalMs : Math.min(longestMs, 2 * waitMs);
    } catch {
      // It is counted; a server in trouble is asked more rarely as well.
      waitMs = Math.min(longestMs, 2 * waitMs);
    }
    if (!paused && !stopped) timer = setTimeout(ask, waitMs);
  }

  return {
    ledger: poll.ledger,
    counters: poll.counters,
    start: (onMessage) =>
      new Promise((resolve) => {
        handle = onMessage;
        onSubscribed = resolve;
        void ask();
      }),
    pause() {
      paused = true;
      clearTimeout(timer);
    },
    resume() {
      paused = false;
      void ask();
    },
    publish: (body, dueMs) => poll.publish(body, dueMs),
    stop() {
      stopped = true;
      clearTimeout(timer);
      poll.close();
    },
  };
}
