import type { Socket } from 'node:net';
import { Endpoint, newTally } from './endpoint.ts';
import { sayLast } from './entrance.ts';
import { FanOut, type FanOutOptions } from './fan-out.ts';
import { type HttpOptions, httpServer } from './http-endpoint.ts';
import { limitsOf } from './limits.ts';
import { BadInput, invalid } from './message.ts';
import type { MessageSource } from './source/source.ts';

/**
 * Push over plain HTTP, as Server-Sent Events: one request, one answer that never ends.
 *
 *     client  ──GET /messages────────────────────────────────────────────►
 *             ◄──200──event: batch──────[id: a1:7]──[id: a1:8]────[id: a1:9]── server
 *
 * Costs: what WebSocket push costs, with some 30 bytes more per message, in one direction only. To
 * publish, a client sends `POST /messages` beside it. A browser's EventSource reconnects by itself
 * and names the last id it saw (`Last-Event-ID`), so the cursor is part of the protocol.
 *
 * The answer has neither a length nor chunks: it ends when the connection does (RFC 9112 §6.3).
 * So the bytes of an event are the same for everybody and go straight to the socket.
 *
 * A reader that is too slow has an outbox with a policy (outbox.ts). `credit` is not among them: it
 * takes a way back, which this protocol has not. Throws an `Error` on it.
 *
 * Left out: compression, encryption, and accounts: a `gate` lets in who has a token (gate.ts).
 */
export function sseServer(source: MessageSource, options: FanOutOptions & HttpOptions = {}): Endpoint {
  if (options.policy === 'credit')
    throw new Error(invalid('policy', 'credit', 'another policy, since clients can’t grant credit over SSE'));
  const tally = newTally();
  const fanOut = new FanOut(source.log, tally, eventFrame, Buffer.from(':\n\n'), options);

  const { goodbyeMs } = limitsOf(options);
  const streams = new WeakSet<Socket>();

  const server = httpServer(source, tally, options, ({ after, request, response }) => {
    const { socket } = request;
    if (streams.has(socket)) return refuseMore(socket);
    // It was sent behind another request, whose answer is still to come: a stream would run ahead of that.
    if (!response.socket)
      throw new BadInput(
        'this connection has a pending request: open another connection for the stream',
        409,
      );
    const cursor = source.log.cursorFrom(request.headers['last-event-id'] ?? after);
    response.removeHeader('transfer-encoding');
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.flushHeaders();
    fanOut.join(socket, cursor, (reason) => sayLast(socket, evictedEvent(reason), goodbyeMs));
    // Nothing that follows on this connection would ever be answered, and all of it would wait for that.
    streams.add(socket);
    socket.removeAllListeners('data').once('data', () => refuseMore(socket));
  });

  function refuseMore(socket: Socket): void {
    if (!fanOut.stateOf(socket)) return;
    tally.refused += 1;
    fanOut.leave(socket);
    sayLast(
      socket,
      evictedEvent('this connection already carries a stream: send requests on another connection'),
      goodbyeMs,
    );
  }

  return new Endpoint(server, tally, fanOut);
}

/** One event as it stands in the stream (WHATWG HTML §9.2). JSON holds no line break, so one data line will do. */
export function eventFrame(text: string, cursor: string, event: 'batch' | 'message'): Buffer {
  const name = event === 'message' ? '' : `event: ${event}\n`;
  return Buffer.from(`${name}id: ${cursor}\ndata: ${text}\n\n`);
}

/** The last event that a reader gets which is cut off. It bears no id: the reader stands where it stood. */
function evictedEvent(reason: string): Buffer {
  return Buffer.from(`event: evicted\ndata: ${JSON.stringify({ error: reason })}\n\n`);
}
