import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Tally } from './endpoint.ts';
import { BadInput, invalid } from './message.ts';

/**
 * A gate in front of a server: whose pages may ask, who may come in, and how much they may publish.
 *
 *     a stranger's page  ──GET, Origin: http://elsewhere──►│ 403
 *     our page           ──GET ?token=guessed─────────────►│ 403
 *     our page           ──GET ?token=…───────────────────►│──► the server
 *
 * A browser names the page's origin in every request to another port and in every upgrade. A program that
 * names none is not a page that somebody was lured to, and the token alone decides. The token travels in
 * the query, since EventSource and WebSocket can't set headers.
 */
export type Gate = {
  /** Whether pages of this origin may ask. */
  allowsOrigin(origin: string): boolean;
  /** Lets the bearer of a token in. Throws `BadInput` on a token that is not known, and on one that is used too much. */
  admit(token: string | null, socket: Socket): Guest;
};

/** Somebody who was let in. */
export type Guest = {
  /** Is told of every publication before it is read. Throws `BadInput` when it is too large, or one too many. */
  publish(bytes: number): void;
};

const anybody: Guest = { publish() {} };

/** An option of every server that browsers can speak to. */
export type Gated = {
  /** Who may come in. Default: everybody, from any page. */
  gate?: Gate;
};

/** Lets a request through, or throws `BadInput`. Without a gate everybody may come in and publish. */
export function enter(gate: Gate | undefined, request: IncomingMessage): Guest {
  if (!gate) return anybody;
  const { origin } = request.headers;
  if (origin !== undefined && !gate.allowsOrigin(origin))
    throw new BadInput(`forbidden origin "${origin}": this server rejects requests of pages from there`, 403);
  const [, query] = (request.url ?? '').split('?');
  return gate.admit(new URLSearchParams(query).get('token'), request.socket);
}

/** Puts a gate in front of an HTTP server; allowed pages may then read its answers (CORS, WHATWG Fetch §3.2). */
export function gated(gate: Gate | undefined, tally: Tally, listener: RequestListener): RequestListener {
  if (!gate) return listener;
  return (request, response) => {
    try {
      const { origin, 'access-control-request-method': asksFor } = request.headers;
      if (origin !== undefined && gate.allowsOrigin(origin))
        response.setHeader('access-control-allow-origin', origin).setHeader('vary', 'origin');
      // A browser asks first whether it may send JSON, and shows no token then.
      if (request.method === 'OPTIONS' && asksFor !== undefined) return preflight(response);
      const guest = enter(gate, request);
      if (request.method === 'POST') guest.publish(lengthOf(request));
      listener(request, response);
    } catch (error) {
      tally.refused += 1;
      refuse(response, error as BadInput);
    }
  };
}

function preflight(response: ServerResponse): void {
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '600',
    })
    .end();
}

/** The length that a body says it has: without one nobody could refuse it before it is read. */
function lengthOf({ headers }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length === undefined)
    throw new BadInput(invalid('content-length', length, 'the number of bytes in the body'), 411);
  return Number(length);
}

function refuse(response: ServerResponse, { status, message }: BadInput): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', connection: 'close' })
    .end(JSON.stringify({ error: message }));
}
