import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { BadInput, parseJson, parsePublication } from '../log/message.ts';
import type { App, Request, Response, Site } from './app.ts';

/**
 * The same as express.ts on `node:http` alone, so that the cost of a poll can be told from the cost of a framework.
 */
export function bareApp(
  { publish, onJson, onPoll, bodyLimitBytes, onRefused }: Site,
  addPages: (app: App) => void,
): RequestListener {
  let handle: Parameters<App['get']>[1] = () => {};
  addPages({
    get: (_path, handler) => {
      handle = handler;
    },
  });

  return async (request, response) => {
    try {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://here');
      if (!['GET', 'HEAD', 'POST'].includes(request.method ?? '')) {
        response.setHeader('allow', 'GET, HEAD, POST');
        throw new BadInput(`${request.method} is not supported: GET reads messages, POST publishes one`, 405);
      }
      if (pathname !== '/messages')
        throw new BadInput(`there is no ${pathname} here: expected /messages`, 404);
      const bare = Object.assign(response as Response, { json });
      if (request.method === 'POST') {
        const { seq } = await publish(parsePublication(parseJson(await bodyOf(request, bodyLimitBytes))));
        return bare
          .writeHead(201, { 'content-type': 'application/json; charset=utf-8' })
          .end(JSON.stringify({ seq }));
      }
      onPoll?.(response);
      handle(Object.assign(request as Request, { query: queryOf(searchParams) }), bare);
    } catch (error) {
      refuse(response, error as Error);
    }
  };

  function json(this: ServerResponse, data: unknown): void {
    onJson(this, data);
    sendJson(this, 200, data);
  }

  function refuse(response: ServerResponse, error: Error): void {
    if (response.headersSent || response.req.socket.destroyed) return void response.destroy();
    onRefused();
    const status = error instanceof BadInput ? error.status : 500;
    if (status === 500) console.error(error);
    sendJson(response, status, { error: status === 500 ? 'the server failed' : error.message });
  }
}

/** A parameter that comes more than once is a list, as in Express. */
function queryOf(parameters: URLSearchParams): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  for (const [name, value] of parameters) query[name] = name in query ? [query[name], value].flat() : value;
  return query;
}

async function bodyOf(request: IncomingMessage, limitBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > limitBytes)
      throw new BadInput(`the body is too large: expected at most ${limitBytes} bytes`, 413);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function sendJson(response: ServerResponse, status: number, data: unknown): void {
  const body = JSON.stringify(data);
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}
