import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { sendJson, urlOf } from '../http/app.ts';
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

/**
 * An HTTP server with limits, for pages that know of none:
 *
 *     connection ──► request ──► listener                          one of them, or up to 100 without waiting
 *            └─ 503      └─ 400: no request, or none with a host
 *                        └─ 431, 408: too large, too slow          Node's own limits
 *
 * Every refusal has a reason. A request behind a stream would never be answered: with `endStream` the stream ends, and
 * the request is refused.
 */
export function guardedHttpServer(
  listener: RequestListener,
  tally: Tally,
  options: Limited,
  endStream?: (stream: ServerResponse, reason: string) => void,
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
      const stream = pendingOf(socket).find(isStream);
      if (stream && endStream) {
        const reason = 'unexpected request during a stream: send the request on another connection';
        endStream(stream, reason);
        throw new BadInput(reason, 409);
      }
    } catch (error) {
      const { status, message } = error as BadInput;
      if (status !== 503) tally.refused += 1;
      return refuse(response, status, message);
    }
    const answer = () => {
      listener(request, response);
      // Most are complete by now, and the first on their connection: Node has passed them on to the socket.
      if (!response.writableEnded || !response.socket) track(response, limits);
    };
    if (hasRoom(socket)) return answer();
    queueOf(socket).waiting.push(answer);
    socket.pause();
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
  // Node itself would ask for every body. Here the reader of bodies does, once nothing speaks against it.
  server.on('checkContinue', (request, response) => {
    server.emit('request', request, response);
  });
  server.on('checkExpectation', ({ headers }, response) => {
    tally.refused += 1;
    refuse(response, 417, `invalid expect "${headers.expect}": expected 100-continue`);
  });
  return server;
}

export function parserOptions({ headerBytes, helloMs, requestMs, idleMs }: Limits) {
  return {
    maxHeaderSize: headerBytes,
    headersTimeout: helloMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(5000, helloMs, requestMs),
    // Node's own check gives no reason, and knows nothing of a second line.
    requireHostHeader: false,
  };
}

/** Connections on which nothing more is read. */
const finished = new WeakSet<Socket>();

/**
 * A connection with pending responses, or with pipelined requests. These wait until the client has read the responses
 * before them: a client that reads nothing must not fill the memory.
 */
type Queue = { responses: Set<ServerResponse>; waiting: (() => void)[] };

const queues = new WeakMap<Socket, Queue>();

function pendingOf(socket: Socket): ServerResponse[] {
  return [...(queues.get(socket)?.responses ?? [])];
}

function queueOf(socket: Socket): Queue {
  const known = queues.get(socket);
  if (known) return known;
  const queue: Queue = { responses: new Set(), waiting: [] };
  queues.set(socket, queue);
  // Node goes on reading after every request.
  socket.on('resume', () => {
    if (isFull(queue)) socket.pause();
  });
  socket.on('drain', () => answerWaiting(socket, queue));
  // When a connection closes, Node emits this only for the first response in the queue.
  socket.once('close', () => {
    for (const response of queue.responses) if (!response.socket) response.emit('close');
  });
  return queue;
}

function track(response: ServerResponse, { goodbyeMs }: Limits): void {
  const { socket } = response.req;
  const queue = queueOf(socket);
  queue.responses.add(response);
  if (isFull(queue)) socket.pause();
  if (isStream(response)) response.once('prefinish', () => destroyAfter(socket, goodbyeMs, response));
  response.once('close', () => {
    queue.responses.delete(response);
    answerWaiting(socket, queue);
  });
}

function answerWaiting(socket: Socket, queue: Queue): void {
  const answers = queue.waiting.splice(0);
  while (answers.length > 0 && !socket.destroyed && hasRoom(socket)) answers.shift()?.();
  queue.waiting.push(...answers);
  if (!isFull(queue) && socket.isPaused()) socket.resume();
}

/** Whether its further requests are read only when fewer responses are pending. */
function isFull({ responses, waiting }: Queue): boolean {
  return responses.size >= 100 || waiting.length > 0;
}

function hasRoom(socket: Socket): boolean {
  const queue = queues.get(socket);
  if (queue && queue.waiting.length > 0) return false;
  let bytes = socket.writableLength;
  for (const { writableLength } of queue?.responses ?? []) bytes += writableLength;
  return bytes < socket.writableHighWaterMark;
}

function isStream({ headersSent, writableEnded }: ServerResponse): boolean {
  return headersSent && !writableEnded;
}

export function hasPendingResponse(socket: Socket): boolean {
  return pendingOf(socket).length > 0;
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
  response.setHeader('connection', 'close');
  sendJson(response, status, { error: reason });
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
      reason: `request too slow: expected the headers within ${helloMs} ms, and the whole request within ${requestMs} ms`,
    };
  return {
    status: 400,
    reason: `invalid HTTP: ${error.reason || error.message}: expected an HTTP/1.1 request`,
  };
}

/** A refusal for a connection that has no request and so no response. */
export function rawResponse(status: number, reason: string): string {
  const body = `${JSON.stringify({ error: reason })}\n`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
