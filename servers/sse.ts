import { FanOut, type FanOutOptions } from './fan-out/fan-out.ts';
import type { WireFormat } from './fan-out/subscriber.ts';
import type { App } from './http/app.ts';
import { type Batch, type Cursor, formatCursor, parseCursor } from './log/message.ts';
import type { Feed } from './log/message-log.ts';

/**
 * Push over plain HTTP, as Server-Sent Events: one request, one response that never ends.
 *
 *     client  ──GET /messages────────────────────────────────────────────►
 *             ◄──200──event: batch──────[id: a1:7]──[id: a1:8]────[id: a1:9]── server
 *
 * Costs: what WebSocket push costs, with some 30 bytes more per message, in one direction only: to publish, a
 * client sends `POST /messages`. A browser's EventSource reconnects on its own with the last id (`Last-Event-ID`),
 * so the cursor is part of the protocol, and `onmessage` gets each message once.
 *
 * A slow consumer has a send queue with an overflow policy (fan-out/send-queue.ts), except `credit`: SSE has no
 * direction in which to grant it. Throws an `Error` on that policy.
 *
 * Left out: compression, encryption and accounts.
 */
export type SseOptions = FanOutOptions & {
  /** Asks nginx not to collect the response (`X-Accel-Buffering: no`). Default `false`. */
  unbuffered?: boolean;
};

export function sse(app: App, feed: Feed, options: SseOptions = {}): FanOut {
  if (options.policy === 'credit')
    throw new Error(
      'invalid policy "credit": expected another overflow policy, because SSE clients cannot grant credit',
    );
  const fanOut = new FanOut(feed.log, eventFormat, options);

  app.get('/messages', ({ method, headers, query }, response) => {
    const cursor = feed.log.cursorFrom(headers['last-event-id'] || query.after);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      ...(options.unbuffered && { 'x-accel-buffering': 'no' }),
    });
    if (method === 'HEAD') return response.end();
    response.write('retry: 1000\n\n');
    // Without an id: the client keeps its place.
    const lastEvent = (reason: string) => `event: evicted\ndata: ${JSON.stringify({ error: reason })}\n\n`;
    fanOut.add(response, cursor, (reason) => response.end(lastEvent(reason)));
  });
  return fanOut;
}

/** Events of a stream (WHATWG HTML §9.2). JSON has no line break, so one data line is enough. */
export const eventFormat: WireFormat = {
  message: (message, cursor) => Buffer.from(`id: ${cursor}\ndata: ${JSON.stringify(message)}\n\n`),
  batch: eventsOf,
  heartbeat: Buffer.from(':\n\n'),
};

/**
 * A batch as events: `batch` with the subscriber's place, then the messages one by one. Wherever some are missing,
 * `batch` comes again, with the place right before the next message. So each id is a place from which a client loses
 * nothing, and gets nothing twice.
 */
function eventsOf({ messages, next, missed, more: _more, ...report }: Batch): Buffer {
  const { logId, seq: end } = parseCursor(next) as Cursor;
  const cursorAt = (seq: number) => formatCursor({ logId, seq });
  const place = (seq: number, missing: number, report: object = {}) => {
    const data = { messages: [], next: cursorAt(seq), missed: missing, ...report };
    return Buffer.from(`event: batch\nid: ${cursorAt(seq)}\ndata: ${JSON.stringify(data)}\n\n`);
  };

  const start = messages[0] ? messages[0].seq - 1 : end;
  const events: Buffer[] = [];
  let seq = start;
  let missedLater = 0;
  const skipTo = (last: number) => {
    if (last > seq) events.push(place(last, last - seq));
    missedLater += last - seq;
  };
  for (const message of messages) {
    skipTo(message.seq - 1);
    events.push(eventFormat.message(message, cursorAt(message.seq)));
    seq = message.seq;
  }
  skipTo(end);
  return Buffer.concat([place(start, missed - missedLater, report), ...events]);
}
