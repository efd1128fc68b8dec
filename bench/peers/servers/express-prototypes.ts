import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { defaultLimits } from '../../../servers/guards/limits.ts';
import { expressApp } from '../../../servers/http/express.ts';
import { newTally } from '../../../servers/meter/tally.ts';
import { shortPoll } from '../../../servers/short-poll.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { parseMessage } from '../message-line.ts';
import { stand } from './stand.js';

/**
 * Short poll on Express, without guards and meter: `express-prototypes.ts PORT stock` as Express is, `… preset` with
 * the prototypes that Express gives every request and response set beforehand:
 *
 *     stock    Node creates an IncomingMessage ──► Express sets another prototype ──► the handlers
 *     preset   Node creates one that has it    ──► nothing to do                  ──► the handlers
 *
 * V8 optimizes for the shape of an object. An object whose prototype was changed has a shape of its own, so that
 * all code after it runs as if it had never seen a request.
 */
const [, prototypes = 'stock'] = process.argv.slice(2);
const source = new EmbeddedSource();
const site = {
  publish: source.publish.bind(source),
  onJson() {},
  tally: newTally(),
  bodyLimitBytes: defaultLimits.bodyBytes,
};
const app = expressApp(site, (pages) => shortPoll(pages, source));
const classes = prototypes === 'preset' ? withExpressPrototypes(app) : {};
const server = createServer({ keepAliveTimeout: defaultLimits.idleMs, ...classes }, app);
stand(server, (line) => {
  const { body, dueMs } = parseMessage(line);
  source.log.append(body, dueMs);
});

/** Classes for `createServer` whose prototypes are those of the app. */
function withExpressPrototypes(app: Express) {
  class Request extends IncomingMessage {}
  class Response extends ServerResponse<Request> {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  return { IncomingMessage: Request, ServerResponse: Response };
}
