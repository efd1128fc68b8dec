import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { BadInput, parseJson, parsePublication } from '../log/message.ts';
import type { App, Site } from './app.ts';

/** Express with the pages of a server, `POST /messages` to publish, and a reason for everything that is refused. */
export function expressApp(
  { publish, onJson, onPoll, bodyLimitBytes, onRefused }: Site,
  addPages: (app: App) => void,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.response.json = function (data) {
    onJson(this, data);
    return express.response.json.call(this, data);
  };
  if (onPoll)
    app.get('/messages', (_request, response, next) => {
      onPoll(response);
      next();
    });
  addPages(app);
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
    throw new BadInput(`there is no ${request.path} here: expected /messages`, 404);
  });
  app.use(
    (error: Error & { status?: number }, _request: Request, response: Response, _next: NextFunction) => {
      if (response.headersSent) return void response.destroy();
      onRefused();
      const status = error.status ?? 500;
      if (status === 500) console.error(error);
      response.status(status).json({ error: reasonOf(error, status) });
    },
  );
  return app;

  function reasonOf({ message }: Error, status: number): string {
    if (status === 413) return `the body is too large: expected at most ${bodyLimitBytes} bytes`;
    return status === 500 ? 'the server failed' : message;
  }
}

function refuseOtherMethods(request: Request, response: Response, next: NextFunction): void {
  if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST') {
    response.set('allow', 'GET, HEAD, POST');
    throw new BadInput(`${request.method} is not supported: GET reads messages, POST publishes one`, 405);
  }
  next();
}
