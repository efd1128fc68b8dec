import { createServer } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { Endpoint, type Tally } from './endpoint.ts';
import { BadInput, type Batch, parsePublication } from './message.ts';
import type { MessageSource } from './source/source.ts';

/**
 * The plumbing that the HTTP servers share, so that each of them shows nothing but its way of
 * delivering: `POST /messages` to publish, a reason for everything refused, and connections that
 * stay open between two polls.
 */
export function httpEndpoint(
  source: MessageSource,
  tally: Tally,
  addRoutes: (app: Express) => void,
  onClose?: () => void,
): Endpoint {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(refuseOtherMethods);
  addRoutes(app);

  app.post(
    '/messages',
    express.json({ type: () => true, limit: '64kb', strict: false }),
    async (request, response) => {
      const { seq } = await source.publish(parsePublication(request.body));
      response.status(201).json({ seq });
    },
  );
  app.use((request) => {
    throw new BadInput(`there is no ${request.path} here: ask for /messages`, 404);
  });
  app.use((error: Error & { status?: number }, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    tally.refused += 1;
    const status = error.status ?? 500;
    if (status === 500) console.error(error);
    response.status(status).json({ error: status === 500 ? 'the server failed' : error.message });
  });

  // Node closes an idle connection after 5 s, so a client that polls less often would reconnect every time.
  const server = createServer({ keepAliveTimeout: 120_000 }, app);
  return new Endpoint(server, tally, onClose);
}

/** Answers a poll with a batch, and counts it. */
export function answer(response: Response, batch: Batch, tally: Tally): void {
  tally.requests += 1;
  if (batch.messages.length === 0) tally.empty += 1;
  tally.deliveries += batch.messages.length;
  response.set('cache-control', 'no-store').json(batch);
}

function refuseOtherMethods(request: Request, response: Response, next: NextFunction): void {
  if (request.method !== 'GET' && request.method !== 'POST') {
    response.set('allow', 'GET, POST');
    throw new BadInput(`${request.method} means nothing here: GET reads messages, POST publishes one`, 405);
  }
  next();
}
