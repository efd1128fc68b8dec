import type { Client, ClientOptions } from './client.ts';
import type { Openers } from './shared/openers.ts';
import { Poll } from './shared/poll.ts';

/**
 * Receives by long polling: polls, and polls again as soon as it has the response.
 *
 *     client  ──GET after=6──►          ◄──[7]── ──GET after=7──►                ◄──[]── ──GET after=7──►
 *                             ...hold...                         ......hold......
 *
 * The server does the waiting. Costs a request per message or per long-poll timeout, whichever comes first.
 */
export function longPollClient(options: ClientOptions, openers: Pick<Openers, 'http'>): Client {
  // The server's long-poll timeout, 25,000 by default, and a margin.
  return new LongPoll(options, openers, 45_000);
}

class LongPoll extends Poll {
  protected async run(): Promise<void> {
    while (await this.until()) if (!(await this.ask())) await this.backOff();
  }
}
