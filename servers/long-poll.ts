import type { Socket } from 'node:net';
import { type Endpoint, newTally } from './meter/endpoint.ts';
import { type HttpOptions, httpEndpoint } from './http/http-endpoint.ts';
import { limitsOf } from './guards/limits.ts';
import type { BatchLimit } from './log/message-log.ts';
import { Prepared } from './http/response-cache.ts';
import type { MessageSource } from './source/source.ts';

/**
 * Long polling over HTTP: the client asks, the server holds the answer until there is news.
 *
 *     client  ──GET after=6──►                    ──GET after=7──►
 *     server                 ......hold......(7)◄──[7]──         ......hold......
 *                                                 ^ the re-arm gap: a message that comes now waits
 *                                                   for the next request to arrive
 *
 * Costs: a request and an answer per message (or per burst), a parked request per client in between.
 * A message waits for nothing while a request is parked. After `holdMs` without news the answer is
 * empty, so that no proxy on the way gives up first. All who were held are answered with the same bytes
 * (response-cache.ts).
 *
 * Left out: compression, encryption, and accounts: a `gate` lets in who has a token (auth.ts).
 */
export type LongPollOptions = HttpOptions & {
  /** The most that one answer carries. Default 1,000 messages or 1 MiB. */
  batchLimit?: BatchLimit;
  /**
   * How long an answer may be held. Default: that of the limits, 25,000.
   * Read anew for every request.
   */
  holdMs?: number;
};

export function longPollServer(source: MessageSource, options: LongPollOptions = {}): Endpoint {
  const prepared = new Prepared(source.log, options.batchLimit);
  const { holdMs } = limitsOf(options);
  const holds = new WeakMap<Socket, { release(): void }>();

  return httpEndpoint(source, newTally(), options, ({ after, answer, request: { socket }, response }) => {
    // Whoever asks again on the same connection, with the answer before still held, is owed that one first.
    holds.get(socket)?.release();
    const batch = prepared.after(after);
    // Whoever has no cursor yet is told where the log ends.
    if (!after || batch.messages.length > 0) return answer(batch);

    // Reading the log and subscribing happen in one turn, so no message can come between them.
    const unsubscribe = source.log.subscribe(() => hold.release());
    const timer = setTimeout(() => hold.release(), options.holdMs ?? holdMs);
    const hold = {
      release() {
        hold.letGo();
        answer(prepared.after(after));
      },
      letGo() {
        holds.delete(socket);
        clearTimeout(timer);
        unsubscribe();
      },
    };
    holds.set(socket, hold);
    response.once('close', hold.letGo);
  });
}
