import type { Client, ClientOptions } from '../client.ts';
import type { Openers } from '../shared/openers.ts';
import { Poll } from '../shared/poll.ts';

/**
 * A solution of the exercise in client.exercise.ts. Try it yourself before you read on.
 *
 * A client that polls less often while there are no messages:
 *
 *     asks     |  |    |        |                |  |    |
 *     answers  7  -    -        -                8  -    -
 *
 * Costs few requests while little happens. The price is latency: the first message after a silence waits for half of
 * the longest interval on average, and that message may matter most.
 */
export type PatientPollOptions = ClientOptions & {
  /** Time to the next poll while there are messages. */
  intervalMs: number;
  /** The longest time to the next poll while there are none. */
  longestMs: number;
};

export function myPollClient(options: PatientPollOptions, openers: Pick<Openers, 'http'>): Client {
  return new PatientPoll(options, openers);
}

class PatientPoll extends Poll {
  readonly #intervalMs: number;
  readonly #longestMs: number;

  constructor(options: PatientPollOptions, openers: Pick<Openers, 'http'>) {
    super(options, openers);
    this.#intervalMs = options.intervalMs;
    this.#longestMs = options.longestMs;
  }

  protected async run(): Promise<void> {
    let waitMs = this.#intervalMs;
    while (await this.until()) {
      const isFirst = this.ledger.cursor === undefined;
      const batch = await this.ask();
      // A server in trouble is polled less often as well.
      if (batch?.messages.length) waitMs = this.#intervalMs;
      else if (!isFirst || !batch) waitMs = Math.min(this.#longestMs, 2 * waitMs);
      await this.sleep(waitMs);
    }
  }
}
