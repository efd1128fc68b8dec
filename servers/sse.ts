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
    throw new Error('policy is "credit": expected another one, because SSE clients cannot grant credit');
  const fanOut = new FanOut(feed.log, eventFormat, options);

  app.get('/messages', ({ headers, query }, response) => {
    const cursor = feed.log.cursorFrom(headers['last-event-id'] ?? query.after);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      ...(options.unbuffered && { 'x-accel-buffering': 'no' }),
    });
    response.write('retry: 1000\n\n');
    fanOut.add(response, cursor, (reason) => response.end(evictedEvent(reason)));
  });
  return fanOut;
}

/** Events of a stream (WHATWG HTML §9.2). JSON has no line break, so one data line is enough. */
export const eventFormat: WireFormat = {
  message: (message, cursor) => Buffer.from(`id: ${cursor}\ndata: ${JSON.stringify(message)}\n\n`),
  batch: (batch) => Buffer.from(eventsOf(batch).join('')),
  heartbeat: Buffer.from(':\n\n'),
};

/**
 * A batch as ordinary events, one per message. The event `batch` comes first, and wherever messages are missing: it
 * has the place right before the next message, so that a reconnect from any id loses and repeats nothing.
 */
function eventsOf({ messages, next, missed, ...report }: Batch): string[] {
  const { logId, seq: last } = parseCursor(next) as Cursor;
  let seq = last - messages.length - missed - (report.dropped ?? 0);
  let unsent: object = report;
  const events: string[] = [];
  const reportUpTo = (place: number) => {
    const cursor = formatCursor({ logId, seq: place });
    const { more: _more, dropped = 0, ...rest } = { dropped: 0, ...unsent } as Partial<Batch>;
    const data = {
      messages: [],
      next: cursor,
      missed: place - seq - dropped,
      ...rest,
      ...(dropped && { dropped }),
    };
    events.push(`event: batch\nid: ${cursor}\ndata: ${JSON.stringify(data)}\n\n`);
    unsent = {};
    seq = place;
  };
  for (const message of messages) {
    if (events.length === 0 || message.seq > seq + 1) reportUpTo(message.seq - 1);
    seq = message.seq;
    events.push(String(eventFormat.message(message, formatCursor({ logId, seq }))));
  }
  if (events.length === 0 || last > seq) reportUpTo(last);
  return events;
}

/** The last event of a slow consumer. It has no id: the client keeps its place. */
function evictedEvent(reason: string): string {
  return `event: evicted\ndata: ${JSON.stringify({ error: reason })}\n\n`;
}
