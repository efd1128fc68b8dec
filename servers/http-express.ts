import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { count, type HttpApp, methodNotAllowed } from './http-endpoint.ts';
import { BadInput, parseJson, parsePublication } from './message.ts';
import { sendBatch } from './prepared.ts';

/** `GET /messages` and `POST /messages` on Express: convenient, and not free. */
export function expressApp({ onAsked, publish, tally, bodyLimitBytes }: HttpApp): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Express asks its layers one after the other: polls, of which there are most, come first.
  app.get('/messages', (request, response, next) => {
    // Express takes a HEAD for a GET.
    if (request.method !== 'GET') return next();
    const { after, latest } = request.query;
    onAsked({
      after,
      latest: latest !== undefined,
      answer(batch) {
        count(batch, tally);
        sendBatch(response, batch);
      },
      request,
      response,
    });
  });
  app.post(
    '/messages',
    express.text({ type: () => true, limit: bodyLimitBytes }),
    async (request, response) => {
      const { seq } = await publish(parsePublication(parseJson(request.body ?? '')));
      response.status(201).json({ seq });
    },
  );
  app.use(refuseOtherMethods);
  app.use((request) => {
    throw new BadInput(`unknown path ${request.path}: expected /messages`, 404);
  });
  app.use(
    (error: Error & { status?: number }, _request: Request, response: Response, _next: NextFunction) => {
      // It was refused meanwhile: a body that is too slow, or breaks off.
      if (response.headersSent) return void response.destroy();
      tally.refused += 1;
      const status = error.status ?? 500;
      if (status === 500) console.error(error);
      response.status(status).json({ error: whyRefused(error, status) });
    },
  );
  return app;

  function whyRefused({ message }: Error, status: number): string {
    if (status === 413) return `body too large: expected at most ${bodyLimitBytes} bytes`;
    return status === 500 ? 'the server failed' : message;
  }
}

function refuseOtherMethods(request: Request, response: Response, next: NextFunction): void {
  if (request.method !== 'GET' && request.method !== 'POST') {
    response.set('allow', 'GET, POST');
    throw methodNotAllowed(request.method);
  }
  next();
}
