import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { transportNames } from '../../../clients/transports.ts';
import { Endpoint } from '../../../servers/meter/endpoint.ts';
import { newTally } from '../../../servers/meter/tally.ts';
import { serversByName } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { findNginx, nginxRemedy } from './nginx.ts';
import type { PathKind, PathOptions, ProxyName } from './path.ts';
import { type PathCell, pathNames, tryPaths } from './path-matrix.ts';
import { judgePath } from './path-outcome.ts';
import { openPath, tryPath } from './try-path.ts';

const hasNginx = findNginx() !== undefined;
if (!hasNginx) console.warn(`skipped: paths through a real nginx: ${nginxRemedy}`);

/** With `CI=true` a missing nginx is no reason to skip: its tests then fail, and say what to install. */
const proxies: ProxyName[] = hasNginx || process.env.CI === 'true' ? ['embedded', 'nginx'] : ['embedded'];

const cleanups: (() => unknown)[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paths-'));
  cleanups.push(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server behind a path, and requests through that path. */
async function serve(
  kind: PathKind,
  options: PathOptions,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const path = await openPath(kind, (server.address() as AddressInfo).port, options);
  cleanups.push(() => path.close());
  const ask = async (place: string, headers = {}): Promise<IncomingMessage> => {
    const request = get({ port: path.port, path: place, headers, agent: false });
    cleanups.push(() => request.destroy());
    return (await once(request, 'response'))[0];
  };
  return { path, ask };
}

describe.each(proxies)('a path through the %s proxy', (proxy) => {
  it.each<[PathKind, string | undefined]>([
    ['no-upgrade', undefined],
    ['buffering', 'websocket'],
    ['idle-limit', 'websocket'],
  ])('%s hands a request on, and Upgrade as %s', async (kind, upgrade) => {
    const { ask } = await serve(kind, { proxy }, (request, response) => {
      response.end(`${request.method} ${request.url} ${request.headers.upgrade}`);
    });
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    expect(await text(await ask('/messages?after=a:1', headers))).toBe(`GET /messages?after=a:1 ${upgrade}`);
  });

  it('buffering passes nothing on before an answer without length or chunks has ended', async () => {
    let begun: (response: ServerResponse) => void;
    const unfinished = new Promise<ServerResponse>((resolve) => {
      begun = resolve;
    });
    const { ask } = await serve('buffering', { proxy }, (request, response) => {
      if (request.url === '/barrier') return void response.end('passed');
      response.removeHeader('transfer-encoding');
      response.write('one');
      begun(response);
    });
    let arrived = false;
    const answer = ask('/').then((response) => {
      arrived = true;
      return text(response);
    });
    const response = await unfinished;
    expect(await text(await ask('/barrier'))).toBe('passed');
    expect(arrived).toBe(false);
    response.end('two');
    expect(await answer).toBe('onetwo');
  });

  it('buffering passes on at once what asks for it', async () => {
    const { ask } = await serve('buffering', { proxy }, (_request, response) => {
      response.writeHead(200, { 'x-accel-buffering': 'no' }).write('one');
    });
    const [piece] = await once(await ask('/'), 'data');
    expect(String(piece)).toBe('one');
  });

  it('no-upgrade passes on what there is of an answer', async () => {
    const { ask } = await serve('no-upgrade', { proxy }, (_request, response) => void response.write('one'));
    const [piece] = await once(await ask('/'), 'data');
    expect(String(piece)).toBe('one');
  });

  it('idle-limit answers 504 for a server that is silent, and cuts an answer that stops', async () => {
    const { ask } = await serve('idle-limit', { proxy, idleLimitMs: 100 }, (request, response) => {
      if (request.url === '/stops') response.write('one');
    });
    expect((await ask('/silent')).statusCode).toBe(504);
    await expect(text(await ask('/stops'))).rejects.toThrow('aborted');
  });

  it('answers 400 to what is not HTTP', async () => {
    const { path } = await serve('no-upgrade', { proxy }, () => {});
    const socket = connect(path.port, '127.0.0.1');
    socket.write('{"after":null}\n');
    expect(await text(socket)).toContain('400 Bad Request');
  });

  it('answers 502 when there is no server', async () => {
    const path = await openPath('no-upgrade', 1, { proxy });
    cleanups.push(() => path.close());
    expect((await fetch(`http://127.0.0.1:${path.port}`)).status).toBe(502);
  });

  it('leaves nothing behind when it is closed', async () => {
    vi.stubEnv('TMPDIR', folder);
    const path = await openPath('buffering', 1, { proxy });
    cleanups.push(() => path.close());
    expect(readdirSync(folder)).toHaveLength(proxy === 'nginx' ? 1 : 0);
    await path.close();
    expect(readdirSync(folder)).toEqual([]);
    const [error] = await once(connect(path.port, '127.0.0.1'), 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });
});

describe('nginx', () => {
  it('that is not there is named with its remedy', async () => {
    vi.stubEnv('NGINX_PATH', '/nowhere/nginx');
    await expect(openPath('buffering', 1, { proxy: 'nginx' })).rejects.toThrow(
      "found no nginx: install Debian's package nginx, or set NGINX_PATH to its program",
    );
    await expect(tryPaths({ proxy: 'nginx' })).rejects.toThrow('found no nginx');
  });

  it('that does not start gives its reason, and leaves nothing behind', async () => {
    const program = join(folder, 'nginx');
    writeFileSync(program, '#!/bin/sh\necho "nginx: [emerg] no such luck" >&2\nexit 1\n');
    chmodSync(program, 0o755);
    vi.stubEnv('NGINX_PATH', program);
    const temporary = mkdtempSync(join(folder, 'temporary-'));
    vi.stubEnv('TMPDIR', temporary);
    await expect(openPath('buffering', 1, { proxy: 'nginx' })).rejects.toThrow(
      'nginx ended with exit code 1 before it accepted connections: nginx: [emerg] no such luck',
    );
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.skipIf(!proxies.includes('nginx'))('tries another port when somebody has taken its own', async () => {
    const program = join(folder, 'nginx');
    const failsOnce = `#!/bin/sh
if mkdir ${folder}/tried 2>/dev/null; then
  echo 'nginx: [emerg] bind() to 127.0.0.1:1 failed (98: Address already in use)' >&2
  exec sleep 60
fi
exec ${findNginx()} "$@"
`;
    writeFileSync(program, failsOnce);
    chmodSync(program, 0o755);
    vi.stubEnv('NGINX_PATH', program);
    const path = await openPath('no-upgrade', 1, { proxy: 'nginx' });
    cleanups.push(() => path.close());
    expect((await fetch(`http://127.0.0.1:${path.port}`)).status).toBe(502);
  });
});

/** Long enough for a busy machine; messages are further apart than the idle limit, heartbeats are not. */
const timing = { idleLimitMs: 1000, intervalMs: 1300, messages: 3, connectLimitMs: 3000, drainMs: 3000 };

const [works, degraded, fails] = ['works', 'degraded', 'fails'];
const expected = {
  //            direct  no-upgrade buffering, with opt-out idle-limit, with heartbeat
  push: [works, fails, works, works, degraded, works],
  sse: [works, works, fails, works, degraded, works],
  'tcp-push': [works, fails, fails, fails, fails, fails],
  notify: [works, fails, works, works, degraded, works],
  'long-poll': [works, works, works, works, degraded, works],
  'short-poll': [works, works, works, works, works, works],
};

describe.each(proxies)('the matrix, through the %s proxy', (proxy) => {
  let cells: PathCell[];

  beforeAll(async () => {
    cells = await tryPaths({ ...timing, proxy });
  });

  const cell = (transport: string, path: string) =>
    cells.find((one) => one.transport === transport && one.path === path) as PathCell;

  it.each(transportNames)('%s', (transport) => {
    // How much older messages were says as much of a busy machine: path-outcome.test.ts has that limit.
    const found = pathNames.map((path) => judgePath({ ...cell(transport, path).seen, agesMs: [] }));
    expect(found.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual(
      expected[transport].map((outcome) => expect.stringMatching(`^${outcome}: `)),
    );
  });

  it('says why', () => {
    expect(cell('push', 'no-upgrade').reason).toContain('the server responded with 426');
    expect(cell('notify', 'no-upgrade').reason).toContain('the server responded with 200');
    expect(cell('tcp-push', 'no-upgrade').reason).toContain('400 Bad Request');
    expect(cell('sse', 'buffering').reason).toContain('no connection failed, and no more messages arrived');
    expect(cell('push', 'idle-limit').reason).toContain('closed with 1006');
    expect(cell('sse', 'idle-limit').reason).toContain('the server ended the stream');
    expect(cell('long-poll', 'idle-limit').reason).toContain('the server responded with 504');
  });

  it('loses nothing where connections are cut: every client comes back with its cursor', () => {
    for (const transport of ['push', 'sse', 'notify', 'long-poll'])
      expect(cell(transport, 'idle-limit').seen).toMatchObject({ expected: 3, delivered: 3 });
    expect(cell('push', 'idle-limit').seen.failures).toBeGreaterThanOrEqual(2);
  });
});

describe('a cell depends on what happens', () => {
  const quick = { intervalMs: 100, messages: 2, connectLimitMs: 300, drainMs: 300 };

  it('fails when the server never delivers', async () => {
    const seen = await tryPath('push', 'direct', {
      ...quick,
      connectLimitMs: 10_000,
      serve: (_source, options) => serversByName.push(new EmbeddedSource(), options),
    });
    expect(judgePath(seen)).toMatchObject({
      outcome: 'fails',
      reason: '0 of 2 messages arrived: no connection failed, and no more messages arrived',
    });
  });

  it('ends, whatever the transport, when the server never answers', async () => {
    const serve = () => new Endpoint(createTcpServer(), newTally());
    const all = await Promise.all(
      transportNames.map((transport) => tryPath(transport, 'direct', { ...quick, serve })),
    );
    for (const seen of all) {
      expect(seen).toMatchObject({ connected: false, delivered: 0, requests: 1, failures: 0 });
      expect(judgePath(seen).reason).toBe(
        'the subscription was never acknowledged: no connection failed, and no more messages arrived',
      );
    }
  });

  it('ends at once when it is interrupted, with everything closed', async () => {
    const interrupt = new AbortController();
    const endpoints: Endpoint[] = [];
    const trial = tryPath('push', 'idle-limit', {
      signal: interrupt.signal,
      intervalMs: 3_600_000,
      serve(source, options) {
        endpoints.push(serversByName.push(source, options));
        return endpoints[0] as Endpoint;
      },
    });
    await vi.waitFor(() => expect(endpoints[0]?.connections).toBe(1));
    interrupt.abort();
    await expect(trial).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(endpoints[0]?.connections).toBe(0));
  });

  it('works on any path that has nothing to cut in time', async () => {
    const seen = await tryPath('push', 'idle-limit', {
      ...quick,
      idleLimitMs: 60_000,
      connectLimitMs: 10_000,
      drainMs: 10_000,
    });
    expect(judgePath(seen).outcome).toBe('works');
  });
});

describe.skipIf(!proxies.includes('nginx'))('a buffering nginx', () => {
  it('passes Server-Sent Events on by the buffer: what does not fill one stays in it', async () => {
    const big = { proxy: 'nginx', intervalMs: 50, messages: 20, payloadBytes: 1000, drainMs: 1500 } as const;
    const seen = await tryPath('sse', 'buffering', { ...big, connectLimitMs: 100 });
    expect(seen.connected).toBe(true);
    expect(seen.delivered).toBeGreaterThan(0);
    expect(seen.delivered).toBeLessThan(20);
    expect(judgePath(seen).outcome).toBe('fails');
  });
});
