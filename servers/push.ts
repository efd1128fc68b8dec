import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { parse } from 'node:querystring';
import { type ServerOptions, WebSocketServer } from 'ws';
import { FanOut, type FanOutOptions } from './fan-out/fan-out.ts';
import type { Feed } from './log/message-log.ts';
import { webSocketFormat } from './web-socket/frames.ts';
import { receive } from './web-socket/receive.ts';

/**
 * Push over WebSocket: the server sends a message as soon as it has one.
 *
 *     client  ──GET /messages, Upgrade──────────────────────────────────────►
 *             ◄──101──batch: your place───────────[7]──[8]────────[9]─────── server
 *             ──{"body":"hi"}───────────────────────────────────────────────►  the same connection, the other direction
 *             ◄──{"published":10}──[10]─────────────────────────────────────
 *
 * Costs: one open connection per client, with its memory, as long as the client is there; one write per client and
 * message. No request and no header: a message has two bytes of framing, or four from 126 bytes on.
 * With `?after=logId:seq` the client first gets the messages that it missed.
 *
 * A slow consumer has a send queue with an overflow policy (fan-out/send-queue.ts). Under `disconnect` it is
 * closed with 4008 and the reason. Under `credit` it says how many messages it can take:
 *
 *     client  ──{"credit":2}──►                     ──{"credit":2}──►
 *             ◄──batch: your place──[7]──[8]──                       ◄─batch: [9 10]──
 *
 * Left out: compression, encryption and accounts.
 */
export type PushOptions = FanOutOptions & {
  /** Passed on to `ws`: limits of what a client sends. */
  webSocket?: ServerOptions;
};

/** Closes a slow consumer. 4000 to 4999 are free for applications (RFC 6455 §7.4.2). */
export const slowConsumer = 4008;

export function push(server: Server, feed: Feed, options: PushOptions = {}): FanOut {
  const fanOut = new FanOut(feed.log, webSocketFormat, options);
  const webSockets = new WebSocketServer({ ...options.webSocket, noServer: true, clientTracking: false });

  server.on('upgrade', (request, socket: Socket, head) => {
    const { after } = parse(new URL(request.url ?? '', 'ws://here').search.slice(1));
    const cursor = feed.log.cursorFrom(after);
    webSockets.handleUpgrade(request, socket, head, (client) => {
      // The fan-out writes to the connection itself: `client.send` would frame each message again for every client.
      const subscriber = fanOut.add(socket, cursor, (reason) => client.close(slowConsumer, reason));
      receive(client, feed, subscriber);
    });
  });
  return fanOut;
}
