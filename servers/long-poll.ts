import type { App } from './http/app.ts';
import type { Feed } from './log/message-log.ts';

/**
 * Long polling over HTTP: the server keeps the request until there is a message.
 *
 *     client  ──GET after=6──►                    ──GET after=7──►
 *     server                  ....pending....◄──[7]──              ....pending....◄──[8]──
 *
 * Costs: a request and a response per message, or per timeout; a pending request per client, with its
 * connection. Messages that come between a response and the next request share the next response.
 * With `?latest` the client gets the newest message alone, with `?wait=0` a response at once.
 *
 * Left out: compression, encryption and accounts.
 */
export type LongPollOptions = {
  /** Time after which a pending request is answered with an empty batch. Read for every request. Default 25,000. */
  holdMs?: number;
};

export function longPoll(app: App, { log }: Feed, options: LongPollOptions = {}): void {
  app.get('/messages', ({ method, query: { after, latest, wait } }, response) => {
    const cursor = log.cursorFrom(after);
    const read = () => (latest === undefined ? log.after(cursor) : log.latest(cursor));
    const isUpToDate = () => log.head <= (cursor?.seq ?? 0) && log.id === cursor?.logId;

    if (!isUpToDate() || wait === '0' || method === 'HEAD') return response.json(read());
    const respond = () => {
      stop();
      response.json(read());
    };
    const unsubscribe = log.subscribe(() => isUpToDate() || respond());
    const timer = setTimeout(respond, options.holdMs ?? 25_000);
    const stop = () => {
      clearTimeout(timer);
      unsubscribe();
    };
    response.on('close', stop);
  });
}
