import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Tally } from './endpoint.ts';
import { limitConnections, sayLast, whyTurnedAway } from './entrance.ts';
import type { Born } from './express-born.ts';
import { type Limited, type Limits, limitsOf } from './limits.ts';
import { invalid } from './message.ts';

/**
 * An HTTP server that says why it refuses, also what never becomes a request: Node itself answers a bad
 * head with a status alone, and takes one that trickles in for a minute. `born` says what requests and
 * responses are made of; default: what Node makes them of.
 */
export function guardedHttpServer(
  listener: RequestListener,
  tally: Tally,
  options: Limited,
  born: Born = {},
): Server {
  const limits = limitsOf(options);
  /** Connections on which nothing more is read. */
  const broken = new WeakSet<Socket>();
  const server = createServer({ ...born, ...parsing(limits) }, (request, response) => {
    const { socket } = request;
    const reason = whyTurnedAway(socket);
    if (reason !== undefined) return refuse(response, 503, reason);
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      tally.refused += 1;
      return refuse(
        response,
        400,
        invalid('host', undefined, 'a host header in every request (RFC 9112 §3.2)'),
      );
    }
    listener(request, response);
    // A poll has been answered by now, as a rule.
    if (!response.writableEnded || !response.shouldKeepAlive) remember(response, socket);
  });
  limitConnections(server, tally, limits);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (broken.has(socket)) return;
    broken.add(socket);
    // Whoever has hung up hears nothing.
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    tally.refused += 1;
    const { status, reason } = refusalOf(error, limits);
    const sayWhy = () =>
      sayLast(socket, rawAnswer(status, whyTurnedAway(socket) ?? reason), limits.goodbyeMs);
    // A listener takes what comes away from the parser.
    socket.removeAllListeners('data').on('data', () => {});
    const response = unanswered(socket);
    if (!response || response.req.complete) onceAnswered(socket, sayWhy);
    else if (response.headersSent) socket.destroy();
    else refuse(response, Number.parseInt(status, 10), reason);
  });
  // Node itself cuts whoever wants a tunnel, and answers an unknown expectation, or no host, without a word.
  server.on('connect', (_request, socket: Socket) => {
    tally.refused += 1;
    const reason = invalid('method', 'CONNECT', 'GET or POST, since this server is not a proxy');
    sayLast(socket, rawAnswer('405 Method Not Allowed', reason), limits.goodbyeMs);
  });
  // Node would write its 100 into the middle of an answer that waits for the one before it.
  server.on('checkContinue', (request, response) => {
    if (response.socket) response.writeContinue();
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request, response) => {
    tally.refused += 1;
    refuse(response, 417, invalid('expect', request.headers.expect, '100-continue'));
  });
  return server;
}

/** How Node reads requests within these limits. */
function parsing({ headerBytes, helloMs, requestMs, idleMs }: Limits) {
  return {
    requireHostHeader: false,
    maxHeaderSize: headerBytes,
    headersTimeout: helloMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(5000, helloMs, requestMs),
    // Node asks this from 24.9 on.
    shouldUpgradeCallback(this: Server, request: IncomingMessage) {
      return this.listenerCount('upgrade') > 0 && asksForWebSocket(request);
    },
  };
}

function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Takes a handshake: `head` is what came with it already. */
type TakeHandshake = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

/**
 * Calls back for every request to become a WebSocket. One that would rather speak another protocol (`curl
 * --http2` and Java's client offer h2c) is answered like any other: a server may ignore Upgrade (RFC 9110 §7.8).
 *
 * An older Node hands over the connection of either. It is given back, without that header, to a server that knows of no
 * upgrade: this one reads what comes on the connection from then on, and passes all of it on.
 */
export function onWebSocket(server: Server, options: Limited, take: TakeHandshake): void {
  let plain: Server | undefined;
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    if (asksForWebSocket(request)) return take(request, socket, head);
    socket.on('error', () => {});
    onceAnswered(socket, () => {
      if (!socket.writable) return;
      plain ??= plainServer(server, limitsOf(options));
      // Set while the connection waited for its next request.
      socket.setTimeout(0);
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
      plain.emit('connection', socket);
    });
  });
}

/** A server that listens nowhere: it reads requests from connections that it is given, for another to answer. */
function plainServer(server: Server, limits: Limits): Server {
  const plain = createServer(parsing(limits));
  for (const event of ['request', 'clientError', 'connect', 'checkContinue', 'checkExpectation'])
    plain.on(event, (...args) => void server.emit(event, ...args));
  // With this Node begins to look for requests that are too slow.
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

/**
 * The answer to what was asked last on a connection, while it is still to come. It stands at the connection
 * itself, and is let go once it has left: for a client that asks again in a minute nothing is kept.
 */
const latest = Symbol('latest');
type Asking = Socket & { [latest]?: ServerResponse };

function remember(response: ServerResponse, socket: Asking): void {
  socket[latest] = response;
  response.once('finish', () => {
    if (socket[latest] === response) socket[latest] = undefined;
  });
}

function unanswered(socket: Asking): ServerResponse | undefined {
  return socket[latest];
}

/** Whether an answer is still to come on this connection, or is the last one. */
export function isAsking(socket: Socket): boolean {
  return unanswered(socket) !== undefined;
}

/** Calls back when all that was asked on this connection has been answered: nothing else may be said before. */
export function onceAnswered(socket: Socket, callback: () => void): void {
  const response = unanswered(socket);
  if (response) response.once('finish', callback);
  else callback();
}

/** Answers with a reason, and ends the connection. `headers` go beside, or in place of, those that it takes. */
export function refuse(
  response: ServerResponse,
  status: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify({ error: reason });
  // Nothing that follows on this connection is answered.
  remember(response, response.req.socket);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...headers,
  });
  response.end(body);
}

function refusalOf(
  error: NodeJS.ErrnoException & { reason?: string },
  { headerBytes, helloMs, requestMs }: Limits,
): { status: string; reason: string } {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return {
      status: '431 Request Header Fields Too Large',
      reason: `headers too large: expected at most ${headerBytes} bytes`,
    };
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return {
      status: '408 Request Timeout',
      reason: `request too slow: expected its headers within ${helloMs} ms, all of it within ${requestMs} ms`,
    };
  return { status: '400 Bad Request', reason: `invalid HTTP: ${error.reason || error.message}` };
}

/** An answer that is written past Node's, for a connection that has no request. Further headers end in a line break each. */
export function rawAnswer(status: string, reason: string, headers = ''): string {
  const body = `${JSON.stringify({ error: reason })}\n`;
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n${headers}\r\n${body}`;
}
