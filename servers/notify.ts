import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { FanOut } from './fan-out/fan-out.ts';
import type { App } from './http/app.ts';
import type { Feed } from './log/message-log.ts';
import { type PushOptions, slowConsumer } from './push.ts';
import { shortPoll } from './short-poll.ts';
import { noticeFormat } from './web-socket/frames.ts';
import { receive } from './web-socket/receive.ts';

/**
 * Notify-then-fetch: the server pushes only that there is news, and the client polls when it wants to have it.
 *
 *     client  ──Upgrade──►            ──GET after=6──►              (busy)       ──GET after=8──►
 *     server  ◄─{next:6}─   ◄─{next:8}─           ◄─[7 8]─  ◄─{next:9}─◄─{next:11}─         ◄─[9 10 11]─
 *
 * Costs: an open connection for the notices, and a request with its response for what they announce; a message
 * arrives one round trip later than with push. In return the client sets the pace: a notice is a few bytes and
 * replaces a queued one, so a slow client has at most one notice in its send queue.
 *
 * Left out: compression, encryption and accounts.
 */
export function notify(app: App, server: Server, feed: Feed, options: PushOptions = {}): FanOut {
  shortPoll(app, feed);
  const fanOut = new FanOut(feed.log, noticeFormat, options);
  const webSockets = new WebSocketServer({ ...options.webSocket, noServer: true, clientTracking: false });

  server.on('upgrade', (request, socket: Socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (client) => {
      const subscriber = fanOut.add(socket, undefined, (reason) => client.close(slowConsumer, reason));
      receive(client, feed, subscriber);
    });
  });
  return fanOut;
}
