import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { urlOf } from '../http/request-url.ts';
import { BadInput } from '../log/message.ts';
import type { Tally } from '../meter/tally.ts';
import {
  destroyAfter,
  endGracefully,
  endWithMessage,
  limitConnections,
  rejectionReason,
} from './connection-limit.ts';
import { type Limited, type Limits, limitsOf } from './limits.ts';
import { checkHost } from './origin.ts';

/** Ends a stream of events with a reason. */
type EndStream = (stream: ServerResponse, reason: string) => void;

/**
 * An HTTP server with limits, for pages that know of none:
 *
 *     connection ──► request ──► listener                          one of them, or up to 100 without waiting
 *            └─ 503      └─ 400: no request, or none with a host
 *                        └─ 431, 408: too large, too slow          Node's own limits
 *
 * Every refusal has a reason. A stream never ends on its own, so a request behind it would never be answered. With
 * `endStream` the stream ends, and the request is refused.
 */
export function guardedHttpServer(
  listener: RequestListener,
  tally: Tally,
  options: Limited,
  endStream?: EndStream,
): Server {
  const limits = limitsOf(options);
  const server = createServer(parserOptions(limits), (request, response) => {
    const { socket } = request;
    if (finished.has(socket)) return;
    try {
      const reason = rejectionReason(socket);
      if (reason !== undefined) throw new BadInput(reason, 503);
      checkHost(request);
      const { pathname, search } = urlOf(request);
      request.url = pathname + search;
      endStreamBefore(response, endStream);
    } catch (error) {
      const { status, message } = error as BadInput;
      if (status !== 503) tally.refused += 1;
      return refuse(response, status, message);
    }
    const answer = () => {
      listener(request, response);
      track(response, limits);
    };
    if (hasRoom(socket)) answer();
    else whenRoom(socket, answer);
  });
  limitConnections(server, tally, limits);
  server.on('connection', (socket: Socket) => {
    socket.on('end', () => endGracefully(socket, limits.goodbyeMs));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (finished.has(socket)) return;
    finished.add(socket);
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    tally.refused += 1;
    const { status, reason } = parserRefusal(error, limits);
    const last = pendingOf(socket).at(-1);
    if (!last || last.req.complete)
      afterResponses(socket, () => endWithMessage(socket, rawResponse(status, reason), limits.goodbyeMs));
    else if (last.headersSent) socket.destroy();
    else refuse(last, status, reason);
  });
  // Node itself would ask for every body. Here the reader of bodies does, once nothing speaks against it. Otherwise
  // Node closes the connection after the response, because the client may send the body or not.
  server.on('checkContinue', (request, response) => {
    server.emit('request', request, response);
  });
  server.on('checkExpectation', ({ headers }, response) => {
    tally.refused += 1;
    refuse(response, 417, `invalid expect "${headers.expect}": expected 100-continue`);
  });
  return server;
}

/** How Node reads requests within these limits. */
export function parserOptions({ headerBytes, helloMs, requestMs, idleMs }: Limits) {
  return {
    maxHeaderSize: headerBytes,
    headersTimeout: helloMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(5000, helloMs, requestMs),
    // Node's own check has no reason to send, and knows nothing of a second line.
    requireHostHeader: false,
  };
}

/** Connections on which nothing more is read. */
const finished = new WeakSet<Socket>();

/** Responses of one connection that its client has not got yet. Its further requests are read when there are fewer. */
const pendingMax = 100;

/** The responses that are still to come on a connection, or have not left it, in the order of their requests. */
const pending = new WeakMap<Socket, Set<ServerResponse>>();

/** The stream on a connection: a response that has begun and is not whole. */
const streams = new WeakMap<Socket, ServerResponse>();

function pendingOf(socket: Socket): ServerResponse[] {
  return [...(pending.get(socket) ?? [])];
}

function track(response: ServerResponse, { goodbyeMs }: Limits): void {
  const { socket } = response.req;
  const responses = pending.get(socket) ?? new Set();
  if (!pending.has(socket)) {
    pending.set(socket, responses);
    // Node goes on reading after every request.
    socket.on('resume', () => {
      if (responses.size >= pendingMax || waiting.get(socket)) socket.pause();
    });
    // When a connection closes, Node emits this only for the first response in the queue.
    socket.once('close', () => {
      for (const queued of responses) if (!queued.socket) queued.emit('close');
    });
  }
  responses.add(response);
  if (responses.size >= pendingMax) socket.pause();
  if (response.headersSent && !response.writableEnded) {
    streams.set(socket, response);
    response.once('prefinish', () => destroyAfter(socket, goodbyeMs, response));
  }
  response.once('close', () => {
    responses.delete(response);
    if (streams.get(socket) === response) streams.delete(socket);
    const answers = waiting.get(socket) ?? [];
    waiting.delete(socket);
    while (answers[0] && !socket.destroyed && hasRoom(socket)) (answers.shift() as () => void)();
    if (answers.length > 0) waiting.set(socket, answers);
    else if (responses.size < pendingMax && socket.isPaused()) socket.resume();
  });
}

/** Requests of one connection that wait until its client has read the responses before them. */
const waiting = new WeakMap<Socket, (() => void)[]>();

function hasRoom(socket: Socket): boolean {
  if (waiting.get(socket)?.length) return false;
  let bytes = 0;
  for (const { writableLength } of pending.get(socket) ?? []) bytes += writableLength;
  return bytes < socket.writableHighWaterMark;
}

function whenRoom(socket: Socket, answer: () => void): void {
  const answers = waiting.get(socket) ?? [];
  waiting.set(socket, answers);
  answers.push(answer);
  socket.pause();
}

function endStreamBefore({ req: { socket } }: ServerResponse, endStream?: EndStream): void {
  const stream = streams.get(socket);
  if (!stream || !endStream) return;
  const reason = 'unexpected request behind a stream: send it on another connection';
  endStream(stream, reason);
  throw new BadInput(reason, 409);
}

/** Whether a response is still to come on this connection. */
export function hasPendingResponse(socket: Socket): boolean {
  return (pending.get(socket)?.size ?? 0) > 0;
}

/** Calls back when all requests so far have been answered on this connection. */
export function afterResponses(socket: Socket, callback: () => void): void {
  const last = pendingOf(socket).at(-1);
  if (last) last.once('finish', callback);
  else callback();
}

/** Answers with a reason, and ends the connection. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  finished.add(response.req.socket);
  const body = JSON.stringify({ error: reason });
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    })
    .end(body);
}

function parserRefusal(
  error: NodeJS.ErrnoException & { reason?: string },
  { headerBytes, helloMs, requestMs }: Limits,
): { status: number; reason: string } {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, reason: `headers too large: expected at most ${headerBytes} bytes` };
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return {
      status: 408,
      reason: `request too slow: expected its headers within ${helloMs} ms, all of it within ${requestMs} ms`,
    };
  return { status: 400, reason: `invalid HTTP: ${error.reason || error.message}` };
}

/** A refusal for a connection that has no request and so no response. */
export function rawResponse(status: number, reason: string): string {
  const body = `${JSON.stringify({ error: reason })}\n`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
