import type { App } from './http/app.ts';
import type { Feed } from './log/message-log.ts';

/**
 * Short polling over HTTP: the client asks every T, and the server responds at once, often with nothing.
 *
 *     client  ──GET after=6──►        ──GET after=6──►        ──GET after=6──►
 *     server                 ◄──[]──                 ◄──[]──   (7) (8)       ◄──[7 8]──
 *             |<─────────── T ───────────►|
 *
 * Costs: a request and a response with all their headers every T, with news or without; a message waits T/2 on
 * average. In return the server keeps nothing about the client, all messages of an interval share one response,
 * and a slow client simply polls later. With `?latest` it gets the newest message alone.
 *
 * Left out: compression, encryption, conditional requests and accounts.
 */
export function shortPoll(app: App, { log }: Feed): void {
  app.get('/messages', ({ query: { after, latest } }, response) => {
    const cursor = log.cursorFrom(after);
    const read = () => (latest === undefined ? log.after(cursor) : log.latest(cursor));

    response.json(read());
  });
}
