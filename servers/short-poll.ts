import { type Endpoint, newTally } from './meter/endpoint.ts';
import { type HttpOptions, httpEndpoint } from './http/http-endpoint.ts';
import type { BatchLimit } from './log/message-log.ts';
import { Prepared } from './http/response-cache.ts';
import type { MessageSource } from './source/source.ts';

/**
 * Short polling over HTTP: the client asks every T, the server answers at once, often with nothing.
 *
 *     client  ──GET after=6──►        ──GET after=6──►        ──GET after=6──►
 *     server                 ◄──[]──                 ◄──[]──   (7) (8)       ◄──[7 8]──
 *             |<─────────── T ───────────►|
 *
 * Costs: a request and an answer with all their headers every T, whether or not there is news; a
 * message waits T/2 on average. In return the server keeps nothing about the client, what comes in
 * one interval shares one answer, and a client that cannot keep up simply asks later. With `?latest`
 * it asks for the newest message alone. Whoever asks from the same place gets the same bytes (response-cache.ts).
 *
 * Left out: compression, encryption, conditional requests, and accounts: a `gate` lets in who has a token (auth.ts).
 */
export type ShortPollOptions = HttpOptions & {
  /** The most that one answer carries. Default 1,000 messages or 1 MiB. */
  batchLimit?: BatchLimit;
};

export function shortPollServer(source: MessageSource, options: ShortPollOptions = {}): Endpoint {
  const prepared = new Prepared(source.log, options.batchLimit);

  return httpEndpoint(source, newTally(), options, ({ after, latest, answer }) => {
    answer(latest ? source.log.latest(source.log.cursorFrom(after)) : prepared.after(after));
  });
}
