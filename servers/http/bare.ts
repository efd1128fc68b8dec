import type { RequestListener, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import {
  type App,
  methods,
  type Request,
  type Response,
  refusalOf,
  refuseRequest,
  type Site,
  urlOf,
} from './app.ts';
import { readPublication } from './publication.ts';

/** The same as express.ts on `node:http` alone, so that the framework overhead of a poll can be measured. */
export function bareApp(site: Site, addPages: (app: App) => void): RequestListener {
  const { publish, onJson, onPoll, bodyLimitBytes, tally } = site;
  let handle: Parameters<App['get']>[1] | undefined;
  addPages({
    get: (_path, handler) => {
      handle = handler;
    },
  });

  return async (request, response) => {
    try {
      const { method = '' } = request;
      const { pathname, search } = urlOf(request);
      const isHere = pathname === '/messages' && methods.includes(method);
      if (isHere && method === 'POST') {
        const { seq } = await publish(await readPublication(request, response, bodyLimitBytes));
        sendJson(response, 201, { seq });
      } else if (isHere && handle) {
        if (method === 'GET') onPoll?.(response);
        const query = parse(search.slice(1));
        handle(Object.assign(request as Request, { query }), Object.assign(response as Response, { json }));
      } else refuseRequest(request, response, pathname);
    } catch (error) {
      refuse(response, error as Error);
    }
  };

  function json(this: ServerResponse, data: unknown): void {
    if (this.req.method === 'GET') onJson(this, data);
    sendJson(this, 200, data);
  }

  function refuse(response: ServerResponse, error: Error): void {
    if (response.headersSent || response.req.socket.destroyed) return void response.destroy();
    tally.refused += 1;
    const { status, reason } = refusalOf(error);
    sendJson(response, status, { error: reason });
  }
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
