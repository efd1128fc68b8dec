import { once } from 'node:events';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { type AddressInfo, connect, type Server } from 'node:net';
import type { Readable } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { createParser } from 'eventsource-parser';
import { generate } from 'selfsigned';
import { Client as HttpClient } from 'undici';
import { WebSocket } from 'ws';
import { defaultLimits } from '../../../servers/guards/limits.ts';
import { bareApp } from '../../../servers/http/bare.ts';
import { formatCursor } from '../../../servers/log/message.ts';
import { newTally } from '../../../servers/meter/tally.ts';
import { serversByName } from '../../../servers/serve.ts';
import { shortPoll } from '../../../servers/short-poll.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { eventFormat } from '../../../servers/sse.ts';
import type { Probed } from '../../result.ts';
import { Relay } from '../relay.ts';

/** What goes over the wire once, a poll or a message; resolves when it has arrived. And the end of its connection. */
type Conversation = { exchange: () => Promise<unknown>; close: () => unknown };

/** One thing to count: what travels, over what, and how to begin. */
type Row = { kind: keyof typeof titles; over: 'plain' | 'tls' | 'http2'; open: () => Promise<Conversation> };

const times = 20;
const body = 'hello '.padEnd(58, 'hello ');

const titles = {
  'empty-poll': 'a poll that finds nothing',
  'poll-with-message': 'a poll that brings one message',
  'event-stream': 'one message by SSE',
  'web-socket': 'one message by WebSocket',
  'tcp-line': 'one message over bare TCP',
};

/**
 * Counts the bytes of an empty poll, of a poll that brings one message, and of one pushed message, each
 * way that a message can travel, at a relay between client and server: what TCP carries, with every
 * header and, where there is TLS, all that it adds. Connections stay open; their beginning is not counted.
 */
export async function probeWireBytes(_: { durationMs: number }): Promise<Probed[]> {
  const source = new EmbeddedSource();
  // The same number of digits in every seq, so that all messages are equally long.
  for (let index = 0; index < 100; index += 1) source.log.append(body, 1000);
  const bench = new WireBench(source);
  try {
    const probed: Probed[] = [];
    // One after the other: every message goes to all who listen.
    for (const { kind, over, open } of await bench.rows()) {
      const conversation = await open();
      const values = await bench.count(conversation);
      await conversation.close();
      probed.push({ name: `${kind}/${over}`, title: titles[kind], values });
    }
    return probed;
  } finally {
    await bench.close();
  }
}

/** Servers, the relay that counts, and clients that trust our own certificate. */
class WireBench {
  readonly #source: EmbeddedSource;
  readonly #relay = new Relay();
  readonly #close: (() => unknown)[] = [];

  constructor(source: EmbeddedSource) {
    this.#source = source;
  }

  /** Everything there is to count. */
  async rows(): Promise<Row[]> {
    const certificate = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: 'sha256' });
    const keys = { key: certificate.private, cert: certificate.cert };
    const rows: Row[] = [];
    for (const [name, kinds] of Object.entries(kindsOf)) {
      const endpoint = serversByName[name as keyof typeof kindsOf](this.#source, { framework: 'http' });
      await endpoint.listen();
      this.#close.push(() => endpoint.close());
      const plain = await this.#relay.open(endpoint.port);
      const secure = await this.#relay.open(await this.#tlsInFrontOf(endpoint.port, keys));
      for (const kind of kinds) {
        rows.push({ kind, over: 'plain', open: () => this.#open(kind, plain, false) });
        if (kind !== 'tcp-line') rows.push({ kind, over: 'tls', open: () => this.#open(kind, secure, true) });
      }
    }
    const http2 = await this.#relay.open(await this.#http2Server(keys));
    for (const kind of ['empty-poll', 'poll-with-message', 'event-stream'] as const)
      rows.push({ kind, over: 'http2', open: () => this.#openHttp2(kind, http2) });
    return rows;
  }

  /** Bytes of one exchange, after some that fill caches and header tables. */
  async count({ exchange }: Conversation): Promise<Probed['values']> {
    for (let warm = 0; warm < 5; warm += 1) await exchange();
    const before = { ...this.#relay.tally };
    for (let time = 0; time < times; time += 1) await exchange();
    const upBytes = (this.#relay.tally.toServerBytes - before.toServerBytes) / times;
    const downBytes = (this.#relay.tally.toClientsBytes - before.toClientsBytes) / times;
    return { upBytes, downBytes, messageBytes: Buffer.byteLength(JSON.stringify(this.#append())) };
  }

  async close(): Promise<void> {
    for (const close of this.#close.reverse()) await close();
    await this.#relay.close();
  }

  #append() {
    return this.#source.log.append(body, 1000);
  }

  async #open(kind: Row['kind'], port: number, secure: boolean): Promise<Conversation> {
    const http = `${secure ? 'https' : 'http'}://127.0.0.1:${port}`;
    const trusting = { rejectUnauthorized: false };
    if (kind === 'web-socket') {
      const url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/messages`;
      const socket = new WebSocket(url, { ...trusting, perMessageDeflate: false });
      await once(socket, 'message');
      return this.#listening(
        () => once(socket, 'message'),
        () => socket.terminate(),
      );
    }
    if (kind === 'tcp-line') {
      const socket = connect(port, '127.0.0.1');
      socket.write('{"after":null}\n');
      await once(socket, 'data');
      return this.#listening(
        () => once(socket, 'data'),
        () => socket.destroy(),
      );
    }
    const client = new HttpClient(http, { connect: trusting, bodyTimeout: 0 });
    const close = () => client.destroy().catch(() => {});
    if (kind === 'event-stream') {
      const { body: stream } = await client.request({ method: 'GET', path: '/messages' });
      stream.on('error', () => {});
      return this.#listening(await eventsOf(stream), close);
    }
    const ask = async (after: string) => {
      const answer = await client.request({ method: 'GET', path: `/messages?after=${after}` });
      await answer.body.text();
    };
    return this.#asking(kind, ask, close);
  }

  async #openHttp2(kind: Row['kind'], port: number): Promise<Conversation> {
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    const close = () => session.destroy();
    if (kind === 'event-stream')
      return this.#listening(await eventsOf(session.request({ ':path': '/events' })), close);
    const ask = async (after: string) => {
      const stream = session.request({ ':path': `/messages?after=${after}` });
      stream.resume();
      await once(stream, 'end');
    };
    return this.#asking(kind, ask, close);
  }

  #asking(kind: Row['kind'], ask: (after: string) => Promise<void>, close: () => unknown): Conversation {
    const exchange = () => {
      const after = formatCursor(this.#source.log.end);
      if (kind === 'poll-with-message') this.#append();
      return ask(after);
    };
    return { exchange, close };
  }

  #listening(arrival: () => Promise<unknown>, close: () => unknown): Conversation {
    const exchange = () => {
      const arrived = arrival();
      this.#append();
      return arrived;
    };
    return { exchange, close };
  }

  /** TLS ends here and plain text goes on, as behind most load balancers. */
  async #tlsInFrontOf(port: number, keys: { key: string; cert: string }): Promise<number> {
    const server = createTlsServer(keys, (secure) => {
      const plain = connect(port, '127.0.0.1');
      for (const socket of [secure, plain]) socket.on('error', () => {});
      secure.pipe(plain).pipe(secure);
    });
    return this.#listen(server);
  }

  async #http2Server(keys: { key: string; cert: string }): Promise<number> {
    const { log } = this.#source;
    const site = {
      publish: this.#source.publish.bind(this.#source),
      onJson() {},
      tally: newTally(),
      bodyLimitBytes: defaultLimits.bodyBytes,
    };
    const polls = bareApp(site, (app) => shortPoll(app, this.#source));
    const server = createSecureServer(keys);
    server.on('request', (incoming, response) => {
      if (incoming.url !== '/events')
        // Node's HTTP/2 answers to the same calls as its HTTP/1.1, by design; its types do not say so.
        return void polls(...([incoming, response] as unknown as Parameters<typeof polls>));
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(':\n\n');
      const unsubscribe = log.subscribe((messages) => {
        for (const message of messages)
          response.write(eventFormat.message(message, formatCursor({ logId: log.id, seq: message.seq })));
      });
      response.once('close', unsubscribe);
    });
    return this.#listen(server);
  }

  async #listen(server: Server): Promise<number> {
    server.listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    this.#close.push(() => void server.close());
    return (server.address() as AddressInfo).port;
  }
}

/** What each server is asked for. */
const kindsOf = {
  'short-poll': ['empty-poll', 'poll-with-message'],
  sse: ['event-stream'],
  push: ['web-socket'],
  'tcp-push': ['tcp-line'],
} as const;

/** Waits for the beginning of a stream of events, and returns the way to wait for each that follows. */
async function eventsOf(stream: Readable): Promise<() => Promise<unknown>> {
  let arrived = () => {};
  const parser = createParser({ onEvent: () => arrived() });
  const began = once(stream, 'data');
  stream.on('data', (piece: Buffer) => parser.feed(String(piece)));
  await began;
  return () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
    });
}
