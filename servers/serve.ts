import { Server as HttpServer } from 'node:http';
import { Server as TcpServer } from 'node:net';
import type { FanOut } from './fan-out/fan-out.ts';
import { type Gated, withAuth } from './guards/auth.ts';
import { guardedTcpServer } from './guards/connection-limit.ts';
import { guardedHttpServer } from './guards/http-guards.ts';
import { type Limited, limitsOf, timerMs } from './guards/limits.ts';
import { passOnUpgrades } from './guards/upgrades.ts';
import type { App } from './http/app.ts';
import { bareApp } from './http/bare.ts';
import { expressApp } from './http/express.ts';
import { type LongPollOptions, longPoll } from './long-poll.ts';
import { countPolls, type OnAsk } from './meter/count-polls.ts';
import { Endpoint } from './meter/endpoint.ts';
import { newTally } from './meter/tally.ts';
import { notify } from './notify.ts';
import { type PushOptions, push } from './push.ts';
import { shortPoll } from './short-poll.ts';
import type { MessageSource } from './source/source.ts';
import { type SseOptions, sse } from './sse.ts';
import { tcpPush } from './tcp-push.ts';
import { reasonedWebSocket } from './web-socket/receive.ts';

/**
 * The pages show how messages are delivered. Here is everything that a deployed server needs around that:
 *
 *     connection ──► guards: limits, who may come in ──► page: push.ts, sse.ts, … ──► response, counted
 */
export type ServerOptions = SseOptions &
  LongPollOptions &
  Gated &
  Limited & {
    /** What reads requests and writes responses: Express, or `node:http` alone. Default `express`. */
    framework?: 'express' | 'http';
    onAsk?: OnAsk;
  };

/** Adds a transport to an app, which reads requests, or a server, which has the upgrades. Returns its fan-out if it pushes. */
export type Page = (place: {
  app: App;
  server: HttpServer;
  source: MessageSource;
  options: ServerOptions & PushOptions;
}) => FanOut | undefined;

/** One page over HTTP with its guards and its meter. Throws an `Error` where the page refuses an option. */
export function servePage(page: Page, source: MessageSource, options: ServerOptions = {}): Endpoint {
  const limits = limitsOf(options);
  const tally = newTally();
  const inner = new HttpServer();
  let fanOut: FanOut | undefined;
  const { messageBytes: maxPayload, goodbyeMs: closeTimeout, bodyBytes } = limits;
  const site = {
    publish: source.publish.bind(source),
    tally,
    ...countPolls(tally, options.onAsk),
    bodyLimitBytes: bodyBytes,
  };
  const webSocket = { maxPayload, closeTimeout, WebSocket: reasonedWebSocket(maxPayload) };
  const addPage = (app: App) => {
    const more = {
      tally,
      webSocket,
      get holdMs() {
        return timerMs(options.holdMs ?? limits.holdMs);
      },
    };
    fanOut = page({ app, server: inner, source, options: extended(options, more) });
  };
  const listener = options.framework === 'http' ? bareApp(site, addPage) : expressApp(site, addPage);
  const server = guardedHttpServer(
    withAuth(options.gate, tally, listener),
    tally,
    options,
    (stream, reason) => fanOut?.disconnect(stream, reason),
  );
  passOnUpgrades(server, inner, tally, options);
  return new Endpoint(server, tally, fanOut);
}

function serveTcp(source: MessageSource, options: ServerOptions = {}): Endpoint {
  const inner = new TcpServer();
  const { lineCharacters, helloMs, goodbyeMs } = limitsOf(options);
  const tally = newTally();
  const fanOut = tcpPush(inner, source, extended(options, { tally, lineCharacters, helloMs, goodbyeMs }));
  return new Endpoint(guardedTcpServer(inner, tally, options), tally, fanOut);
}

/** Options that pages read again for every request or connection, so they must not be copied; and more of them. */
function extended<More extends object>(options: ServerOptions, more: More): ServerOptions & More {
  return Object.setPrototypeOf(more, options);
}

export type ServerName = 'push' | 'sse' | 'tcp-push' | 'notify' | 'long-poll' | 'short-poll';

type Serve = (source: MessageSource, options?: ServerOptions) => Endpoint;

const overHttp =
  (page: Page): Serve =>
  (source, options) =>
    servePage(page, source, options);

/** Every transport by name: starts its server, which does not listen yet. */
export const serversByName: Record<ServerName, Serve> = {
  push: overHttp(({ server, source, options }) => push(server, source, options)),
  sse: overHttp(({ app, source, options }) => sse(app, source, options)),
  'tcp-push': serveTcp,
  notify: overHttp(({ app, server, source, options }) => notify(app, server, source, options)),
  'long-poll': overHttp(({ app, source, options }) => void longPoll(app, source, options)),
  'short-poll': overHttp(({ app, source }) => void shortPoll(app, source)),
};

/**
 * Starts the named servers on one source, each on its own port of `host`: `ports[i]` or any free one.
 * Rejects when a port is taken, or a server refuses an option; then none is left running.
 */
export async function startServers(
  source: MessageSource,
  names: readonly ServerName[],
  options: ServerOptions = {},
  ports: readonly number[] = [],
  host = '127.0.0.1',
): Promise<Map<ServerName, Endpoint>> {
  const endpoints = new Map<ServerName, Endpoint>();
  try {
    for (const name of names) endpoints.set(name, serversByName[name](source, options));
    const listening = [...endpoints.values()].map((endpoint, index) =>
      endpoint.listen(ports[index] ?? 0, host),
    );
    const failed = (await Promise.allSettled(listening)).find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return endpoints;
  } catch (error) {
    await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()));
    throw error;
  }
}
