import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * Requests and responses that are Express's own from the start.
 *
 *     as usual   Node makes an IncomingMessage ──► Express gives it another prototype ──► the handlers
 *     here       Node makes what Express wants ──► it has that prototype: nothing to do ──► the handlers
 *
 * Express changes the prototype of every request and response that it is handed. V8 knows an object by its
 * shape, and one whose prototype has changed has a shape of its own, so that all code after it runs as if it
 * had never seen a request before: two thirds of what a poll on Express costs. Node makes requests and responses of
 * whatever class it is told to. `npm run bench:peers` has both side by side: Express as most use it, and as here.
 */
export type Born = Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;

/** The classes to give `http.createServer` together with this app, which takes them for its own. */
export function bornFor(app: Express): Born {
  class Request extends IncomingMessage {}
  class Response<Asked extends IncomingMessage> extends ServerResponse<Asked> {}
  app.request = inPlaceOf(app.request, Request.prototype);
  app.response = inPlaceOf(app.response, Response.prototype);
  return { IncomingMessage: Request, ServerResponse: Response };
}

/** The prototype of a class, with all that Express's has. */
function inPlaceOf<Prototype extends object>(ofExpress: Prototype, prototype: object): Prototype {
  return Object.setPrototypeOf(prototype, ofExpress);
}
