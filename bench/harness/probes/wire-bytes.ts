import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, createSecureServer } from 'node:http2';
import { type AddressInfo, connect, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createParser } from 'eventsource-parser';
import { generate } from 'selfsigned';
import { Client as HttpClient, request } from 'undici';
import { WebSocket } from 'ws';
import { type Endpoint, newTally } from '../../../servers/endpoint.ts';
import { bareApp } from '../../../servers/http-bare.ts';
import { serversByName } from '../../../servers/main.ts';
import { formatCursor } from '../../../servers/message.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { eventFrame } from '../../../servers/sse.ts';
import { Link } from '../link.ts';
import type { Probed } from './probes.ts';

/** What goes over the wire once: a poll or a message. Resolves when it has arrived. */
type Exchange = () => Promise<unknown>;

/** Something to exchange, over one of the ways that a browser knows. */
type Way = {
  over: 'plain' | 'tls' | 'http2';
  emptyPoll: Exchange;
  poll: Exchange;
  events?: Exchange;
  socket?: Exchange;
  tcp?: Exchange;
};

const times = 20;
const body = 'hello '.padEnd(58, 'hello ');

/**
 * Counts the bytes of an empty poll, of a poll that brings one message, and of one pushed message, each
 * way that a message can travel, at a relay between client and server: what TCP carries, with every
 * header and, where there is TLS, all that it adds. Connections stay open; their beginning is not counted.
 */
export async function probeWireBytes(_: undefined): Promise<Probed[]> {
  const source = new EmbeddedSource();
  // The same number of digits in every seq, so that all messages are equally long.
  for (let index = 0; index < 100; index += 1) source.log.append(body, 1000);
  const bench = new WireBench(source);
  try {
    const rows: Probed[] = [];
    for (const way of await bench.ways()) {
      const kinds = {
        'empty-poll': way.emptyPoll,
        'poll-with-message': way.poll,
        'event-stream': way.events,
        'web-socket': way.socket,
        'tcp-line': way.tcp,
      };
      for (const [kind, exchange] of Object.entries(kinds))
        if (exchange)
          rows.push({
            name: `${kind}/${way.over}`,
            title: titles[kind] ?? kind,
            values: await bench.count(exchange),
          });
    }
    return rows;
  } finally {
    await bench.close();
  }
}

const titles: Record<string, string> = {
  'empty-poll': 'a poll that finds nothing',
  'poll-with-message': 'a poll that brings one message',
  'event-stream': 'one message by SSE',
  'web-socket': 'one message by WebSocket',
  'tcp-line': 'one message over bare TCP',
};

/** Servers, the relay that counts, and clients that trust our own certificate. */
class WireBench {
  readonly #source: EmbeddedSource;
  readonly #link = new Link();
  readonly #close: (() => unknown)[] = [];

  constructor(source: EmbeddedSource) {
    this.#source = source;
  }

  async ways(): Promise<Way[]> {
    const certificate = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: 'sha256' });
    const keys = { key: certificate.private, cert: certificate.cert };
    const port = Object.fromEntries(
      await Promise.all(
        (['short-poll', 'sse', 'push', 'tcp-push'] as const).map(async (name) => {
          const endpoint: Endpoint = serversByName[name](this.#source, { framework: 'http' });
          await endpoint.listen();
          this.#close.push(() => endpoint.close());
          return [name, endpoint.port];
        }),
      ),
    ) as Record<string, number>;
    const plain = async (name: string) => this.#link.open(port[name] as number);
    const secure = async (name: string) =>
      this.#link.open(await this.#tlsInFrontOf(port[name] as number, keys));
    const http2 = await this.#link.open(await this.#http2Server(keys));
    return [
      await this.#http1Way('plain', 'http', 'ws', plain),
      await this.#http1Way('tls', 'https', 'wss', secure),
      await this.#http2Way(http2),
    ];
  }

  /** Bytes of one exchange, after some that fill caches and header tables. */
  async count(exchange: Exchange): Promise<Probed['values']> {
    for (let warm = 0; warm < 5; warm += 1) await exchange();
    const before = { ...this.#link.tally };
    for (let time = 0; time < times; time += 1) await exchange();
    const upBytes = (this.#link.tally.toServerBytes - before.toServerBytes) / times;
    const downBytes = (this.#link.tally.toClientsBytes - before.toClientsBytes) / times;
    return { upBytes, downBytes, messageBytes: Buffer.byteLength(JSON.stringify(this.#append())) };
  }

  async close(): Promise<void> {
    for (const close of this.#close.reverse()) await close();
    await this.#link.close();
  }

  #append() {
    return this.#source.log.append(body, 1000);
  }

  get #end(): string {
    return formatCursor(this.#source.log.end);
  }

  async #http1Way(
    over: 'plain' | 'tls',
    http: string,
    ws: string,
    open: (name: string) => Promise<number>,
  ): Promise<Way> {
    const client = new HttpClient(`${http}://127.0.0.1:${await open('short-poll')}`, {
      connect: { rejectUnauthorized: false },
    });
    const ask = async (after: string) => {
      const answer = await client.request({ method: 'GET', path: `/messages?after=${after}` });
      return answer.body.text();
    };
    this.#close.push(() => client.destroy());
    return {
      over,
      emptyPoll: () => ask(this.#end),
      poll: () => {
        const after = this.#end;
        this.#append();
        return ask(after);
      },
      events: await this.#listenToEvents(`${http}://127.0.0.1:${await open('sse')}/messages`),
      socket: await this.#listenToWebSocket(`${ws}://127.0.0.1:${await open('push')}/messages`),
      ...(over === 'plain' && { tcp: await this.#listenToTcp(await open('tcp-push')) }),
    };
  }

  async #http2Way(port: number): Promise<Way> {
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    this.#close.push(() => session.destroy());
    const ask = async (after: string) => {
      const stream = session.request({ ':path': `/messages?after=${after}` });
      stream.resume();
      await once(stream, 'end');
    };
    return {
      over: 'http2',
      emptyPoll: () => ask(this.#end),
      poll: () => {
        const after = this.#end;
        this.#append();
        return ask(after);
      },
      events: await this.#listenToHttp2Events(session),
    };
  }

  async #listenToWebSocket(url: string): Promise<Exchange> {
    const socket = new WebSocket(url, { rejectUnauthorized: false, perMessageDeflate: false });
    this.#close.push(() => socket.terminate());
    await once(socket, 'message');
    return () => this.#appendAndAwait(once(socket, 'message'));
  }

  async #listenToEvents(url: string): Promise<Exchange> {
    const dispatcher = new HttpClient(new URL(url).origin, {
      connect: { rejectUnauthorized: false },
      bodyTimeout: 0,
    });
    this.#close.push(() => dispatcher.destroy().catch(() => {}));
    const { body: stream } = await request(url, { dispatcher });
    stream.on('error', () => {});
    return this.#eventsOf((onData) => stream.on('data', onData));
  }

  async #listenToHttp2Events(session: ClientHttp2Session): Promise<Exchange> {
    const stream = session.request({ ':path': '/events' });
    await once(stream, 'response');
    return this.#eventsOf((onData) => stream.on('data', onData));
  }

  #eventsOf(read: (onData: (piece: Buffer) => void) => void): Exchange {
    let arrived = () => {};
    const parser = createParser({ onEvent: () => arrived() });
    read((piece) => parser.feed(String(piece)));
    return () => this.#appendAndAwait(new Promise<void>((resolve) => (arrived = resolve)));
  }

  async #listenToTcp(port: number): Promise<Exchange> {
    const socket = connect(port, '127.0.0.1');
    this.#close.push(() => socket.destroy());
    socket.write('{"after":null}\n');
    await once(socket, 'data');
    return () => this.#appendAndAwait(once(socket, 'data'));
  }

  #appendAndAwait(arrival: Promise<unknown>): Promise<unknown> {
    this.#append();
    return arrival;
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
    const polls = bareApp({
      onAsked: ({ after, answer }) => answer(log.after(log.cursorFrom(after))),
      publish: (publication) => this.#source.publish(publication),
      tally: newTally(),
    });
    const server = createSecureServer(keys);
    server.on('request', (incoming, response) => {
      if (incoming.url !== '/events')
        // Node's HTTP/2 answers to the same calls as its HTTP/1.1, by design; its types do not say so.
        return void polls(...([incoming, response] as unknown as Parameters<typeof polls>));
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(':\n\n');
      const unsubscribe = log.subscribe((messages) => {
        for (const message of messages)
          response.write(
            eventFrame(JSON.stringify(message), formatCursor({ logId: log.id, seq: message.seq }), 'message'),
          );
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
