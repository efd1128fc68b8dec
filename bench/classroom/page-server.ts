import type { Server } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import {
  type Control,
  type ControlAnswer,
  controlSchema,
  figuresSchema,
  type Joined,
  type JoinRequest,
  joinSchema,
  type OnScreen,
} from '../../clients/classroom/protocol.ts';
import { guardedHttpServer } from '../../servers/guards/http-guards.ts';
import { BadInput, parseJson } from '../../servers/log/message.ts';
import { newTally } from '../../servers/meter/tally.ts';
import { read } from './input.ts';
import type { PageFile } from './pages.ts';

/**
 * The server of the classroom's pages: `GET` for what is shown, `POST` for what is done.
 *
 *     GET  /  /join  /presenter.js …     the pages, from memory
 *     GET  /report/ID                    a report that was saved in this class
 *     POST /join                         a member comes in
 *     POST /control                      the presenter's controls, with the presenter's token
 *
 * Nothing changes by a `GET`, and a `POST` that a page of another origin sends is refused.
 */
export type Desk = {
  files: ReadonlyMap<string, PageFile>;
  allowsOrigin(origin: string): boolean;
  /** Ports that the pages connect to beside this one. */
  ports: readonly number[];
  /** Host names under which pages may have been loaded. */
  hostnames(): readonly string[];
  join(request: JoinRequest, address: string): Joined;
  /** Throws `BadInput` on a token that is not the presenter's. */
  checkPresenter(token: string): void;
  /** `onScreen`: the figures that the projector's page sent along. */
  control(control: Control, onScreen: OnScreen | undefined): Promise<ControlAnswer>;
  /** The file of a report that was saved in this class. */
  reportFile(id: string): string | undefined;
};

/** Bytes of a body: more than any control or name takes. */
const bodyBytesMax = 8 * 1024;

/** Connections to this server at once: a page has its session and a few more while it loads. */
const connectionsMax = 2000;

/** A control with the figures that the screen shows. */
const withFigures = z.looseObject({ figures: figuresSchema.optional() });

export function pageServer(desk: Desk): Server {
  const app = express();
  app.disable('x-powered-by');
  app.use(securityHeaders(desk));
  for (const [path, { type, content }] of desk.files)
    app.get(path, (_request, response) => {
      response.set({ 'content-type': type, 'cache-control': 'no-store' }).send(content);
    });
  app.get('/report/:id', (request, response) => {
    const file = desk.reportFile(request.params.id);
    if (!file) throw new BadInput('unknown report: this class has saved no report with this name', 404);
    // A report brings a policy of its own, which is stricter.
    response.removeHeader('content-security-policy');
    response.sendFile(file);
  });
  app.use(ownOriginOnly(desk));
  const body = express.text({ type: () => true, limit: bodyBytesMax });
  app.post('/join', body, (request, response) => {
    const joining = read(joinSchema, parseJson(request.body ?? ''));
    response.json(desk.join(joining, request.socket.remoteAddress ?? 'unknown'));
  });
  app.post('/control', ofPresenter(desk), body, async (request, response) => {
    const { figures, ...control } = read(withFigures, parseJson(request.body ?? ''));
    response.json(await desk.control(read(controlSchema, control), figures));
  });
  answerErrors(app);
  return guardedHttpServer(app, newTally(), { limits: { connections: connectionsMax } });
}

/**
 * A page may load what comes from here and connect to the class's ports; nothing may frame it. Isolated from
 * other origins (COOP, COEP), its workers may share memory, and so block as a slow program does.
 */
function securityHeaders({ ports, hostnames }: Desk) {
  const policyFor = (request: Request) =>
    [
      "default-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${connectsOf(request, hostnames(), ports).join(' ')}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  return (request: Request, response: Response, next: NextFunction) => {
    response.set({
      'content-security-policy': policyFor(request),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    });
    next();
  };
}

/**
 * What a page connects to: the class's ports at the name under which it was loaded. The page's own port stands
 * among them, since for older browsers 'self' holds for HTTP alone and not for WebSocket.
 */
function connectsOf(request: Request, hostnames: readonly string[], ports: readonly number[]): string[] {
  const host = `http://${request.headers.host}`;
  const { hostname, port } = URL.canParse(host) ? new URL(host) : { hostname: '', port: '' };
  if (!hostnames.includes(hostname)) return [];
  return [
    `ws://${hostname}:${port || 80}`,
    ...ports.flatMap((own) => [`http://${hostname}:${own}`, `ws://${hostname}:${own}`]),
  ];
}

function ownOriginOnly({ allowsOrigin }: Desk) {
  return (request: Request, _response: Response, next: NextFunction) => {
    const { origin } = request.headers;
    if (origin !== undefined && !allowsOrigin(origin))
      throw new BadInput(`forbidden origin "${origin}": only pages of this classroom may send requests`, 403);
    next();
  };
}

function ofPresenter({ checkPresenter }: Desk) {
  return (request: Request, _response: Response, next: NextFunction) => {
    const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    checkPresenter(token);
    next();
  };
}

function answerErrors(app: Express): void {
  app.use((request) => {
    throw new BadInput(`unknown path ${request.path} for ${request.method}`, 404);
  });
  app.use((error: Error & { status?: number }, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const status = error.status ?? 500;
    if (status === 500) console.error(error);
    response.status(status).json({
      error: status === 500 ? 'the server failed: read the error in its terminal' : sayWhy(error, status),
    });
  });
}

function sayWhy({ message }: Error, status: number): string {
  return status === 413 ? `body too large: expected at most ${bodyBytesMax} bytes` : message;
}
