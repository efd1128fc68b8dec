import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { EventSource as UndiciEventSource } from 'undici';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientsByName } from '../../../clients/clients.ts';
import { hasBrowserFor, sharedBrowser } from '../../../clients/shared/browser.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import type { TransportName } from '../../../clients/transports.ts';
import type { Batch } from '../../../servers/log/message.ts';
import { MessageLog } from '../../../servers/log/message-log.ts';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import { type ServerName, startServers } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { findNginx, nginxRemedy, openNginx } from '../../harness/paths/nginx.ts';

/**
 * Foreign clients at our servers, and foreign servers with our clients: the protocols are those in the headers of the
 * servers. Each program gets every message once, also when it disconnects and returns with its cursor. Programs that
 * are missing on a machine are skipped with a warning; with `CI` in the environment they fail.
 */
const patienceMs = 120_000;

/** The first Python that has the library. Another one may come before Debian's on the `PATH`. */
const python = [process.env.PYTHON_PATH, 'python3', '/usr/bin/python3'].find(
  (program) => program && spawnSync(program, ['-c', 'import websockets']).status === 0,
);
const hasPython = has(
  python !== undefined,
  'Python’s websockets',
  "install Debian's package python3-websockets, or name a Python that has it with PYTHON_PATH",
);
const hasCurl = has(spawnSync('curl', ['--version']).status === 0, 'curl', "install Debian's package curl");
const hasJava = has(
  spawnSync('java', ['--version']).status === 0,
  'Java’s HttpClient',
  "install Debian's package default-jdk-headless",
);
const hasNginx = has(findNginx() !== undefined, 'clients through nginx', nginxRemedy);
const hasBrowser = hasBrowserFor('WebSocket and EventSource of Chromium');

function has(isThere: boolean, what: string, remedy: string): boolean {
  if (isThere) return true;
  if (process.env.CI) throw new Error(`${what}: ${remedy}`);
  console.warn(`skipped: ${what}: ${remedy}`);
  return false;
}

const cleanups: (() => unknown)[] = [];
let source: EmbeddedSource;

beforeEach(() => {
  source = new EmbeddedSource();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server, and the port at which the path to it begins. */
async function serve(name: ServerName, path: string): Promise<{ endpoint: Endpoint; port: number }> {
  const endpoint = (await startServers(source, [name], { holdMs: 60_000 })).get(name) as Endpoint;
  cleanups.push(() => endpoint.close());
  if (path === 'directly') return { endpoint, port: endpoint.port };
  const nginx = await openNginx('idle-limit', endpoint.port, patienceMs);
  cleanups.push(() => nginx.close());
  return { endpoint, port: nginx.port };
}

async function publish(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await source.publish({ body: `message – “${index}”` });
}

/** Numbers from 1 on. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** Starts a program. `nextLine` reads its output. */
function start(
  program: string,
  ...args: string[]
): { child: ChildProcess; lines: Interface; nextLine: () => Promise<string> } {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  cleanups.push(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const all = lines[Symbol.asyncIterator]();
  return { child, lines, nextLine: async () => (await all.next()).value as string };
}

const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

async function curl(...args: string[]): Promise<string> {
  const child = spawn('curl', ['--silent', '--show-error', '--fail-with-body', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return output;
}

const paths = hasNginx ? ['directly', 'through nginx'] : ['directly'];

describe.each(paths)('%s', { timeout: patienceMs }, (path) => {
  describe.skipIf(!hasCurl).each([
    ['curl', []],
    ['curl --http2', ['--http2']],
  ] as [string, string[]][])('%s', (_name, options) => {
    it.each(['short-poll', 'notify'] as const)('polls %s, and goes on from its cursor', async (name) => {
      const { port } = await serve(name, path);
      const url = `http://127.0.0.1:${port}/messages`;
      const seqs: number[] = [];
      let { next }: Batch = JSON.parse(await curl(...options, url));
      for (const count of [0, 3, 1500]) {
        await publish(count);
        for (let more: boolean | undefined = true; more; ) {
          const batch: Batch = JSON.parse(await curl(...options, `${url}?after=${next}`));
          seqs.push(...batch.messages.map(({ seq }) => seq));
          ({ next, more } = batch);
        }
      }
      expect(seqs).toEqual(upTo(1503));
    });

    it('publishes', async () => {
      const { port } = await serve('notify', path);
      const url = `http://127.0.0.1:${port}/messages`;
      expect(JSON.parse(await curl(...options, '--data', '{"body":"hello"}', url))).toEqual({ seq: 1 });
      const long = JSON.stringify({ body: 'x'.repeat(60_000) });
      expect(
        JSON.parse(await curl(...options, '--data', long, '--header', 'expect: 100-continue', url)),
      ).toEqual({ seq: 2 });
    });

    it('waits in a long poll until there is news', async () => {
      const { endpoint, port } = await serve('long-poll', path);
      const url = `http://127.0.0.1:${port}/messages`;
      const seqs: number[] = [];
      let { next }: Batch = JSON.parse(await curl(...options, url));
      for (let round = 1; round <= 5; round += 1) {
        const asked = curl(...options, `${url}?after=${next}`);
        await vi.waitFor(() => expect(endpoint.connections).toBeGreaterThan(0));
        await publish(2);
        const batch: Batch = JSON.parse(await asked);
        seqs.push(...batch.messages.map(({ seq }) => seq));
        next = batch.next;
      }
      const rest: Batch =
        seqs.length < 10 ? JSON.parse(await curl(...options, `${url}?after=${next}`)) : { messages: [] };
      expect([...seqs, ...rest.messages.map(({ seq }) => seq)]).toEqual(upTo(10));
    });

    it('reads a stream of events, and comes back with the last id after a cut', async () => {
      const { endpoint, port } = await serve('sse', path);
      const url = `http://127.0.0.1:${port}/messages`;
      const seqs: number[] = [];
      let lastId = '';
      for (const until of [5, 10]) {
        const again = lastId ? ['--header', `Last-Event-ID: ${lastId}`] : [];
        const { child, lines } = start('curl', ...options, '--silent', '--no-buffer', ...again, url);
        for await (const line of lines) {
          if (line.startsWith('id: ')) lastId = line.slice(4);
          if (!line.startsWith('data: ')) continue;
          const { seq } = JSON.parse(line.slice(6));
          if (seq === undefined && until === 5) await publish(5);
          if (seq !== undefined && seqs.push(seq) === until) break;
        }
        if (until === 5) await endpoint.cut();
        child.kill();
        if (until === 5) await publish(5);
      }
      expect(seqs).toEqual(upTo(10));
    });
  });

  describe.skipIf(!hasJava)('Java’s HttpClient', () => {
    it.each(['short-poll', 'long-poll', 'notify'] as const)('polls %s across a cut', async (name) => {
      const { endpoint, port } = await serve(name, path);
      const { nextLine } = start(
        'java',
        script('PollClient.java'),
        `http://127.0.0.1:${port}/messages`,
        '20',
      );
      expect(await nextLine()).toBe('ready');
      await publish(10);
      await vi.waitFor(() => expect(endpoint.tally.deliveries).toBeGreaterThan(0), patienceMs);
      await endpoint.cut();
      await publish(10);
      expect(JSON.parse(await nextLine())).toEqual(upTo(20));
    });
  });

  it('undici’s EventSource gets everything by onmessage alone, across a cut', async () => {
    const { endpoint, port } = await serve('sse', path);
    const events = new UndiciEventSource(`http://127.0.0.1:${port}/messages`);
    cleanups.push(() => events.close());
    const seqs: number[] = [];
    events.onmessage = ({ data }) => seqs.push(JSON.parse(data).seq);
    await vi.waitFor(() => expect(endpoint.readers).toHaveLength(1));
    await publish(10);
    await vi.waitFor(() => expect(seqs).toHaveLength(10), patienceMs);
    await endpoint.cut();
    await publish(10);
    await vi.waitFor(() => expect(seqs.length).toBeGreaterThanOrEqual(20), patienceMs);
    expect(seqs).toEqual(upTo(20));
  });

  describe.skipIf(!hasPython)('Python’s websockets', () => {
    it('is pushed to, publishes, and comes back with its cursor', async () => {
      const { endpoint, port } = await serve('push', path);
      const { child, nextLine } = start(
        python as string,
        script('push_client.py'),
        `ws://127.0.0.1:${port}/messages`,
        '20',
      );
      expect(await nextLine()).toBe('ready');
      await publish(20);
      expect(await nextLine()).toBe('left');
      await vi.waitFor(() => expect(endpoint.connections).toBe(0));
      await publish(20);
      child.stdin?.write('\n');
      expect(JSON.parse(await nextLine())).toEqual(upTo(41));
    });

    it('is notified, and fetches', async () => {
      const { port } = await serve('notify', path);
      const at = `127.0.0.1:${port}/messages`;
      const { nextLine } = start(
        python as string,
        script('notify_client.py'),
        `ws://${at}`,
        `http://${at}`,
        '30',
      );
      expect(await nextLine()).toBe('ready');
      for (let turn = 0; turn < 10; turn += 1) {
        await publish(3);
        await new Promise(setImmediate);
      }
      expect(JSON.parse(await nextLine())).toEqual(upTo(30));
    });
  });

  describe.skipIf(!hasBrowser)('Chromium', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedBrowser();
    }, patienceMs);

    /** A page of the server's origin, with any content. */
    async function page(port: number) {
      const opened = await browser.newPage();
      cleanups.push(() => opened.close());
      opened.setDefaultTimeout(patienceMs);
      await opened.goto(`http://127.0.0.1:${port}/nothing`);
      return opened;
    }

    it('is pushed to over a WebSocket, and comes back with its cursor', async () => {
      const { endpoint, port } = await serve('push', path);
      const shown = await page(port);
      await shown.evaluate((url) => {
        const seqs: number[] = [];
        let cursor: string | undefined;
        const connect = () => {
          const socket = new WebSocket(cursor ? `${url}?after=${cursor}` : url);
          socket.onmessage = ({ data }) => {
            const delivery = JSON.parse(data);
            for (const { seq } of delivery.messages ?? [delivery]) seqs.push(seq);
            cursor = delivery.next ?? `${cursor?.split(':')[0]}:${delivery.seq}`;
            Object.assign(globalThis, { seqs, isReady: true });
          };
          socket.onclose = () => setTimeout(connect, 20);
        };
        connect();
      }, `ws://127.0.0.1:${port}/messages`);
      await shown.waitForFunction('globalThis.isReady');
      await publish(10);
      await shown.waitForFunction('seqs.length >= 10');
      await endpoint.cut();
      await publish(10);
      await shown.waitForFunction('seqs.length >= 20');
      expect(await shown.evaluate('seqs')).toEqual(upTo(20));
    });

    it('gets every event by onmessage alone, and its EventSource comes back after a cut', async () => {
      const { endpoint, port } = await serve('sse', path);
      const shown = await page(port);
      await shown.evaluate(() => {
        const seqs: number[] = [];
        Object.assign(globalThis, { seqs });
        new EventSource('/messages').onmessage = ({ data }) => seqs.push(JSON.parse(data).seq);
      });
      await vi.waitFor(() => expect(endpoint.readers).toHaveLength(1));
      await publish(10);
      await shown.waitForFunction('seqs.length >= 10');
      await endpoint.cut();
      await publish(10);
      await shown.waitForFunction('seqs.length >= 20');
      expect(await shown.evaluate('seqs')).toEqual(upTo(20));
    });
  });
});

it('undici’s EventSource goes on at another server that is a moment behind', {
  timeout: patienceMs,
}, async () => {
  const [ahead, behind] = [1, 2].map(() => new EmbeddedSource(new MessageLog({}, 'shared'))) as [
    EmbeddedSource,
    EmbeddedSource,
  ];
  const from = (await startServers(ahead, ['sse'])).get('sse') as Endpoint;
  const { port } = from;
  const events = new UndiciEventSource(`http://127.0.0.1:${port}/messages`);
  cleanups.push(() => events.close());
  const seqs: number[] = [];
  events.onmessage = ({ data }) => seqs.push(JSON.parse(data).seq);
  await vi.waitFor(() => expect(from.readers).toHaveLength(1));
  for (const log of [ahead.log, behind.log]) log.append('1', 0);
  ahead.log.append('2', 0);
  await vi.waitFor(() => expect(seqs).toEqual([1, 2]));
  await from.close();
  const to = (await startServers(behind, ['sse'], {}, [port])).get('sse') as Endpoint;
  cleanups.push(() => to.close());
  await vi.waitFor(() => expect(to.readers).toHaveLength(1), patienceMs);
  behind.log.append('2', 0);
  await new Promise(setImmediate);
  behind.log.append('3', 0);
  await vi.waitFor(() => expect(seqs).toContain(3));
  expect(seqs).toEqual([1, 2, 3]);
});

describe.skipIf(!hasBrowser)('npm run servers', { timeout: patienceMs }, () => {
  it('prints lines that work in the console of the page that it names', async () => {
    const main = fileURLToPath(new URL('../../../servers/main.ts', import.meta.url));
    const { lines } = start(process.execPath, '--import', 'tsx', main, '--port', '0');
    let address = '';
    const typed: string[] = [];
    for await (const line of lines) {
      address = /^Open (http:\S+)/.exec(line)?.[1] ?? address;
      const code = /^ +\S+ +(new .*)$/.exec(line)?.[1];
      if (code) typed.push(code);
      if (typed.length === 3) break;
    }
    const browser = await sharedBrowser();
    for (const code of typed) {
      const shown = await browser.newPage();
      cleanups.push(() => shown.close());
      await shown.goto(address);
      const printed = new Promise<string>((resolve) => {
        shown.on('console', (message) => {
          if (message.type() === 'log') resolve(message.text());
        });
      });
      await shown.evaluate(code);
      expect(JSON.parse(await printed)).toBeTypeOf('object');
    }
  });
});

describe('our clients', { timeout: patienceMs }, () => {
  /** The messages that one of our clients gets from a foreign server. */
  async function receivedBy(name: TransportName, port: number, count: number): Promise<number[]> {
    const { scheme, open } = clientsByName[name];
    const client = open(
      { url: `${scheme}://127.0.0.1:${port}`, intervalMs: 10, backoff: 'immediate' },
      nodeOpeners,
    );
    cleanups.push(() => client.stop());
    const seqs: number[] = [];
    await new Promise<void>((receivedAll) => {
      void client.start(({ seq }) => {
        if (seqs.push(seq) === count) receivedAll();
      });
    });
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0, reordered: 0, missed: 0 });
    return seqs;
  }

  it.skipIf(!hasPython)(
    'are pushed to by Python’s websockets, which cuts them off again and again',
    async () => {
      const { nextLine } = start(python as string, script('push_server.py'), '17');
      expect(await receivedBy('push', Number(await nextLine()), 17)).toEqual(upTo(17));
    },
  );

  it.skipIf(!hasPython).each(['short-poll', 'long-poll'] as const)(
    'poll Python’s own HTTP server: %s',
    async (name) => {
      const { nextLine } = start(python as string, script('poll_server.py'), '9');
      expect(await receivedBy(name, Number(await nextLine()), 9)).toEqual(upTo(9));
    },
  );

  it('read events as others write them: in chunks, with CRLF, comments and several lines of data', async () => {
    const server = await listen(
      createServer((request, response) => {
        const after = Number(String(request.headers['last-event-id'] ?? 'other:0').split(':')[1]);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const batch = JSON.stringify({ messages: [], next: `other:${after}`, missed: 0 }, null, 1);
        const data = batch.split('\n').map((line) => `data:${line}\r\n`);
        response.write(`: hello\r\nretry: 10\r\nevent: batch\r\nid: other:${after}\r\n${data.join('')}\r\n`);
        const event = `id:other:${after + 1}\ndata: ${JSON.stringify({ seq: after + 1, dueMs: 0, body: 'é' })}\n\n`;
        // A chunk ends where it ends, in the middle of a character too.
        const bytes = Buffer.from(event);
        const middle = bytes.indexOf(0xc3) + 1;
        response.write(bytes.subarray(0, middle), () => response.end(bytes.subarray(middle)));
      }),
    );
    expect(await receivedBy('sse', (server.address() as AddressInfo).port, 9)).toEqual(upTo(9));
  });

  async function listen(server: Server): Promise<Server> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return server;
  }
});
