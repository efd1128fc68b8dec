import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { type App, refuseRequest, respondToError, type Site } from './app.ts';
import { readPublication } from './publication.ts';

/** Express with the pages of a server, `POST /messages` to publish, and a reason for everything that is refused. */
export function expressApp(site: Site, addPages: (app: App) => void): Express {
  const { publish, onJson, onPoll, bodyLimitBytes, tally } = site;
  const app = express();
  app.disable('x-powered-by');
  // Without these two, /Messages and /messages/ are other names of the same page.
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.response.json = function (data) {
    if (this.req.method === 'GET') onJson(this, data);
    return express.response.json.call(this, data);
  };
  if (onPoll)
    app.get('/messages', ({ method }, response, next) => {
      if (method === 'GET') onPoll(response);
      next();
    });
  addPages(app);
  app.post('/messages', async (request, response) => {
    const { seq } = await publish(await readPublication(request, response, bodyLimitBytes));
    response.status(201).json({ seq });
  });
  app.use((request, response) => refuseRequest(request, response, request.path));
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    respondToError(response, error, tally);
  });
  return app;
}
