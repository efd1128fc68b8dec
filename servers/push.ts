import { Endpoint, newTally } from './meter/endpoint.ts';
import { FanOut, type FanOutOptions } from './fan-out/fan-out.ts';
import type { Gated } from './guards/auth.ts';
import { guardedHttpServer, refuse } from './guards/http-guards.ts';
import type { Limited } from './guards/limits.ts';
import type { MessageSource } from './source/source.ts';
import { acceptWebSockets, type Readers } from './web-socket/web-socket.ts';
import { pingFrame, webSocketFrame } from './web-socket/frames.ts';

/**
 * Push over WebSocket: the server speaks when it has something to say.
 *
 *     client  ──GET /messages, Upgrade──────────────────────────────────────►
 *             ◄──101──batch: where you stand──────[7]──[8]────────[9]─────── server
 *             ──{"body":"hi"}───────────────────────────────────────────────►  the same socket, the other way
 *
 * Costs: one open connection per client, with its memory, for as long as the client lives; one write
 * per client and message. No request, no header: a message has two bytes of framing, or four from 126 bytes on.
 * With `?after=logId:seq` the client first gets what it missed.
 *
 * A reader that is too slow has an outbox with a policy (send-queue.ts). Under `disconnect` it is closed
 * with 4008 and the reason, under `credit` it says itself how much it can take:
 *
 *     client  ──{"credit":2}──►                    ──{"credit":2}──►
 *             ◄──batch: where you stand──[7]──[8]──                 ◄─batch: [9 10]──
 *
 * Left out: compression, encryption, and accounts: a `gate` lets in who has a token (auth.ts).
 */
export function pushServer(source: MessageSource, options: FanOutOptions & Gated & Limited = {}): Endpoint {
  const tally = newTally();
  const fanOut = new FanOut(source.log, tally, webSocketFrame, pingFrame, options);
  const server = guardedHttpServer(
    (_request, response) => {
      tally.refused += 1;
      const reason = 'this is a WebSocket endpoint: connect with ws://…/messages';
      refuse(response, 426, reason, { upgrade: 'websocket', connection: 'close, upgrade' });
    },
    tally,
    options,
  );

  const readers: Readers = {
    admit(after) {
      const cursor = source.log.cursorFrom(after);
      return (socket, sayWhy) => fanOut.join(socket, cursor, sayWhy);
    },
    grant: (socket, credit) => fanOut.grant(socket, credit),
    leave: (socket) => fanOut.leave(socket),
  };
  acceptWebSockets(server, source, tally, readers, options);
  return new Endpoint(server, tally, fanOut);
}
