import { Endpoint, newTally } from './meter/endpoint.ts';
import { FanOut, type FanOutOptions } from './fan-out/fan-out.ts';
import { type HttpOptions, httpServer } from './http/http-endpoint.ts';
import { type BatchLimit, defaultBatchLimit } from './log/message-log.ts';
import type { MessageSource } from './source/source.ts';
import { acceptWebSockets, type Readers } from './web-socket/web-socket.ts';
import { pingFrame, webSocketFrame } from './web-socket/frames.ts';

/**
 * Notify, then fetch: push says only that there is news, the client asks for it when it wants it.
 *
 *     client  ──Upgrade──►            ──GET after=6──►              (busy)       ──GET after=8──►
 *     server  ◄─{next:6}─   ◄─{next:8}─           ◄─[7 8]─  ◄─{next:9}─◄─{next:11}─         ◄─[9 10 11]─
 *
 * Costs: an open connection for the notices, and a request and an answer for what they announce; a
 * message is one round trip older than with push. In return the client sets the pace: a notice is a
 * few bytes and replaces the one before it, so nothing piles up for a client that is slow.
 *
 * Left out: compression, encryption, and accounts: a `gate` lets in who has a token (auth.ts).
 */
export type NotifyOptions = FanOutOptions &
  HttpOptions & {
    /** The most that one answer carries. Default 1,000 messages or 1 MiB. */
    batchLimit?: BatchLimit;
  };

export function notifyServer(source: MessageSource, options: NotifyOptions = {}): Endpoint {
  const { batchLimit = defaultBatchLimit } = options;
  const tally = newTally();
  // A notice delivers nothing; only the span of its fan-out is counted with the rest.
  const noticeTally = { ...newTally(), fanOuts: tally.fanOuts };
  const fanOut = new FanOut(source.log, noticeTally, noticeFrame, pingFrame, options, { noticesOnly: true });

  const server = httpServer(source, tally, options, ({ after, latest, answer }) => {
    const cursor = source.log.cursorFrom(after);
    answer(latest ? source.log.latest(cursor) : source.log.after(cursor, batchLimit));
  });
  const readers: Readers = {
    admit(after) {
      source.log.cursorFrom(after);
      return (socket, sayWhy) => fanOut.join(socket, undefined, sayWhy);
    },
    grant: (socket, credit) => fanOut.grant(socket, credit),
    leave: (socket) => fanOut.leave(socket),
  };
  acceptWebSockets(server, source, tally, readers, options);
  return new Endpoint(server, tally, fanOut);
}

/** Where the log ends now; what is in it has to be fetched. */
function noticeFrame(_text: string, cursor: string): Buffer {
  return webSocketFrame(JSON.stringify({ next: cursor }));
}
