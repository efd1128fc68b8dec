import type { RequestListener, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import {
  type App,
  methods,
  type Request,
  type Response,
  refuseRequest,
  respondToError,
  type Site,
  sendJson,
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
      respondToError(response, error as Error, tally);
    }
  };

  function json(this: ServerResponse, data: unknown): void {
    if (this.req.method === 'GET') onJson(this, data);
    sendJson(this, 200, data);
  }
}
