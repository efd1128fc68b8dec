import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadInput } from '../log/message.ts';
import type { Feed } from '../log/message-log.ts';
import type { countPolls } from '../meter/count-polls.ts';
import type { Tally } from '../meter/tally.ts';

/** What the pages use of Express; bare.ts has the same on `node:http` alone. */
export interface App {
  get(path: string, handle: (request: Request, response: Response) => void): unknown;
}

export interface Request extends IncomingMessage {
  query: Record<string, unknown>;
}

export interface Response extends ServerResponse {
  json(data: unknown): unknown;
}

/** What a server is made of apart from its pages. */
export type Site = ReturnType<typeof countPolls> & {
  publish: Feed['publish'];
  tally: Tally;
  bodyLimitBytes: number;
};

export const methods = ['GET', 'HEAD', 'POST'];

/** Throws `BadInput` with the reason why neither a page nor a route has answered a request. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse, path: string): never {
  if (!methods.includes(request.method ?? '')) {
    response.setHeader('allow', methods.join(', '));
    throw new BadInput(
      `invalid method ${request.method}: expected GET to read messages, or POST to publish one`,
      405,
    );
  }
  if (path !== '/messages') throw new BadInput(`unknown path ${path}: expected /messages`, 404);
  response.setHeader('upgrade', 'websocket');
  throw new BadInput('missing upgrade: expected a WebSocket. Connect with ws://', 426);
}

/** Responds to what a page or a route has thrown. */
export function respondToError(response: ServerResponse, error: Error, tally: Tally): void {
  if (response.headersSent || response.req.socket.destroyed) return void response.destroy();
  tally.refused += 1;
  const { status, reason } = refusalOf(error);
  sendJson(response, status, { error: reason });
}

export function sendJson(response: ServerResponse, status: number, data: unknown): void {
  const body = JSON.stringify(data);
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}

/** An error that is not the client's fault is logged, and not sent. */
export function refusalOf(error: Error & { status?: number }): { status: number; reason: string } {
  const { status = 500, message } = error;
  if (status < 500 || error instanceof BadInput) return { status, reason: message };
  console.error(error);
  return { status, reason: 'the server failed: read the error in its terminal' };
}

/**
 * The URL of a request: a path, or a whole address as to a proxy (RFC 9112 §3.2). Throws `BadInput` on anything
 * else. Do not trust its host: the client may have written any.
 */
export function urlOf({ url = '' }: IncomingMessage): URL {
  const address = url.startsWith('/') ? `http://localhost${url}` : url;
  if (/^(http|ws)s?:/i.test(address) && URL.canParse(address)) return new URL(address);
  throw new BadInput(`invalid request target "${url}": expected a path such as /messages`);
}
