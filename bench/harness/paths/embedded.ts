import { createServer, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createProxyServer } from 'httpxy';
import { Endpoint } from '../../../servers/meter/endpoint.ts';
import { newTally } from '../../../servers/meter/tally.ts';
import type { OpenPath, ProxiedKind } from './path.ts';

/**
 * The paths as proxies in this process, on httpxy: for everybody, without anything to install.
 *
 * httpxy forwards requests and upgrades. Like nginx it opens a connection to the server for each
 * request; unlike nginx it hands `Connection` headers on, so they are taken out here.
 */
export async function openEmbedded(
  kind: ProxiedKind,
  upstreamPort: number,
  idleLimitMs: number,
): Promise<OpenPath> {
  const proxy = createProxyServer({
    target: { host: '127.0.0.1', port: upstreamPort },
    agent: false,
    selfHandleResponse: kind === 'buffering',
    ...(kind === 'idle-limit' && { proxyTimeout: idleLimitMs }),
  });
  // The keep-alive is nginx's: with Node's 5 s a slow poller would lose its connection between two polls.
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    delete request.headers.upgrade;
    delete request.headers.connection;
    proxy.web(request, response).catch(() => response.destroy());
  });
  if (kind !== 'no-upgrade')
    server.on('upgrade', (request, socket: Socket, head) => {
      proxy.ws(request, socket, {}, head).catch(() => socket.destroy());
    });

  proxy.on('proxyRes', (upstream, _request, response) => {
    delete upstream.headers.connection;
    if (kind !== 'buffering') return;
    // The header is nginx's.
    if (upstream.headers['x-accel-buffering'] !== 'no') void passWhole(upstream, response);
    else upstream.pipe(response.writeHead(upstream.statusCode ?? 502, upstream.headers));
  });
  proxy.on('error', (_error, _request, response) => {
    if (!(response instanceof ServerResponse)) return void response?.destroy();
    if (response.headersSent) return void response.destroy();
    const status = kind === 'idle-limit' ? 504 : 502;
    response.writeHead(status).end(STATUS_CODES[status]);
  });
  // httpxy joins two sockets with pipes, which pass on an end but not a cut.
  proxy.on('proxyReqWs', (upstreamRequest, _request, socket) => {
    upstreamRequest.once('upgrade', (_response, upstream) => {
      socket.once('close', () => upstream.destroy());
      upstream.once('close', () => socket.destroy());
    });
  });
  if (kind === 'idle-limit')
    proxy.on('open', (upstream) => upstream.setTimeout(idleLimitMs, () => upstream.destroy()));

  const endpoint = new Endpoint(server, newTally());
  await endpoint.listen();
  return { port: endpoint.port, close: () => endpoint.close() };
}

/** Reads an answer to its end before the first byte goes on. One that has no end goes nowhere. */
async function passWhole(
  upstream: Parameters<typeof buffer>[0] & { statusCode?: number; headers: NodeJS.Dict<string | string[]> },
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await buffer(upstream);
    const { 'transfer-encoding': _chunked, ...headers } = upstream.headers;
    response.writeHead(upstream.statusCode ?? 502, { ...headers, 'content-length': body.length }).end(body);
  } catch {
    response.destroy();
  }
}
