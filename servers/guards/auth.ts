import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { refusalOf, urlOf } from '../http/app.ts';
import { BadInput } from '../log/message.ts';
import type { Tally } from '../meter/tally.ts';
import { refuse } from './http-guards.ts';
import { checkNeighbour, isNeighbour } from './origin.ts';

/**
 * A gate in front of a server: which pages and which clients may use it.
 *
 *     a foreign page   ──GET, Origin: http://elsewhere──►│ 403
 *     our page         ──GET ?token=guessed─────────────►│ 403
 *     our page         ──GET ?token=…───────────────────►│──► the server
 *
 * A browser names the page's origin in every request to another port and in every upgrade. A request without an
 * origin comes from a program, and the token alone decides. The token is part of the query, since EventSource and
 * WebSocket can't set headers.
 */
export type Gate = {
  /** Whether pages of this origin may send requests. */
  allowsOrigin(origin: string): boolean;
  /** Throws `BadInput` on an unknown token, and on a known one that is used too much. */
  admit(token: string | null, socket: Socket): void;
};

export type Gated = {
  /** Who may use the server. Default: every program, and pages of this machine (origin.ts). */
  gate?: Gate;
};

/** Throws `BadInput` on a request that is not admitted. */
export function authenticate(gate: Gate | undefined, request: IncomingMessage): void {
  if (!gate) return void checkNeighbour(request);
  const { origin } = request.headers;
  if (origin !== undefined && !gate.allowsOrigin(origin))
    throw new BadInput(`invalid origin "${origin}": expected a page of this server`, 403);
  gate.admit(urlOf(request).searchParams.get('token'), request.socket);
}

/** Puts a gate in front of an HTTP server. Allowed pages may then read its responses (CORS, WHATWG Fetch §3.2). */
export function withAuth(gate: Gate | undefined, tally: Tally, listener: RequestListener): RequestListener {
  return (request, response) => {
    const { host, origin, 'access-control-request-method': preflight } = request.headers;
    if (gate || origin !== undefined) response.setHeader('vary', 'origin');
    const isAllowed = origin !== undefined && (gate ? gate.allowsOrigin(origin) : isNeighbour(origin, host));
    if (isAllowed) response.setHeader('access-control-allow-origin', origin);
    try {
      // A preflight carries no token.
      if (isAllowed && request.method === 'OPTIONS' && preflight !== undefined)
        return void response.writeHead(204, preflightHeaders).end();
      authenticate(gate, request);
    } catch (error) {
      tally.refused += 1;
      const { status, reason } = refusalOf(error as Error);
      return refuse(response, status, reason);
    }
    listener(request, response);
  };
}

/** A page may publish JSON. */
const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '600',
};
