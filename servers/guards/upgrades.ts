import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { refusalOf, urlOf } from '../http/app.ts';
import { BadInput } from '../log/message.ts';
import type { Tally } from '../meter/tally.ts';
import { authenticate, type Gated } from './auth.ts';
import { endWithMessage, readWhileRoom, rejectionReason } from './connection-limit.ts';
import { afterResponses, hasPendingResponse, parserOptions, rawResponse } from './http-guards.ts';
import { type Limited, type Limits, limitsOf } from './limits.ts';
import { checkHost } from './origin.ts';

/** Passes handshakes on to the server of a page, unless they are refused. What the page refuses gets a reason, too. */
export function passOnUpgrades(server: Server, page: Server, tally: Tally, options: Gated & Limited): void {
  if (page.listenerCount('upgrade') === 0) return;
  guardUpgrades(server, tally, options, (request, socket, head) => {
    const { pathname, search } = urlOf(request);
    if (pathname !== '/messages') throw new BadInput(`unknown path ${pathname}: expected /messages`, 404);
    request.url = pathname + search;
    page.emit('upgrade', request, socket, head);
    if (socket.writableEnded) tally.refused += 1;
    socket.on('data', readWhileRoom);
  });
}

/** Takes a handshake: `head` is what came with it already. */
type TakeHandshake = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

/** Calls `enter` with every handshake that is admitted. The others get a reason, also where `enter` throws it. */
export function guardUpgrades(
  server: Server,
  tally: Tally,
  options: Gated & Limited,
  enter: TakeHandshake,
): void {
  const rejecting = new WebSocketServer({ noServer: true, clientTracking: false });
  onWebSocket(server, options, (request, socket, head) => {
    try {
      checkHost(request);
      authenticate(options.gate, request);
      if (hasPendingResponse(socket))
        throw new BadInput('unexpected upgrade: expected a connection without pending requests', 409);
      const reason = rejectionReason(socket);
      if (reason === undefined) return enter(request, socket, head);
      // A browser shows a page no status of a handshake, but the code and reason of a close.
      rejecting.handleUpgrade(request, socket, head, (client) =>
        client.on('error', ignoreError).close(1013, reason),
      );
    } catch (error) {
      tally.refused += 1;
      refuseUpgrade(socket, error as Error, limitsOf(options).goodbyeMs);
    }
  });
}

/** Answers a handshake with a reason, once all requests before it have been answered. */
export function refuseUpgrade(socket: Socket, error: Error, goodbyeMs: number): void {
  const { status, reason } = refusalOf(error);
  afterResponses(socket, () => endWithMessage(socket, rawResponse(status, reason), goodbyeMs));
}

/**
 * Calls back for every request to become a WebSocket. A request that offers another protocol (`curl --http2` and
 * Java's client offer h2c) is answered like any other: a server may ignore Upgrade (RFC 9110 §7.8).
 *
 * Node hands over the connection of either. That of another protocol goes, without the header, to a server that has
 * no upgrades: it reads all further requests on the connection, and passes them on.
 */
export function onWebSocket(server: Server, options: Limited, take: TakeHandshake): void {
  let plain: Server | undefined;
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    socket.on('error', ignoreError);
    if (request.headers.upgrade?.toLowerCase() === 'websocket') return take(request, socket, head);
    afterResponses(socket, () => {
      if (!socket.writable) return;
      plain ??= plainServer(server, limitsOf(options));
      // Set while the connection waited for its next request.
      socket.setTimeout(0);
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
      plain.emit('connection', socket);
    });
  });
}

/** A reset connection needs no handling: 'close' follows. A closure in its place would keep the request in memory. */
function ignoreError(): void {}

/** A server that does not listen: it reads requests from connections that it is given, for another one to answer. */
function plainServer(server: Server, limits: Limits): Server {
  const plain = createServer(parserOptions(limits));
  for (const event of ['request', 'clientError', 'checkContinue', 'checkExpectation'])
    plain.on(event, (...args) => void server.emit(event, ...args));
  // This makes Node look for requests that are too slow.
  plain.emit('listening');
  server.once('close', () => plain.close());
  return plain;
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() !== 'upgrade') head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}
