import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Message, Publication } from '../servers/log/message.ts';
import { MessageLog } from '../servers/log/message-log.ts';
import type { Endpoint } from '../servers/meter/endpoint.ts';
import { type ServerOptions, serversByName } from '../servers/serve.ts';
import { EmbeddedSource } from '../servers/source/embedded.ts';
import type { Client } from './client.ts';
import { clientsByName } from './clients.ts';
import { type Clause, clauses } from './contract.ts';
import { nodeOpeners } from './shared/openers-node.ts';
import type { ShortPollClientOptions } from './short-poll.ts';
import { type TransportName, transportNames } from './transports.ts';

/**
 * Each clause of the contract with each client and its server, over real sockets. Where no server of ours misbehaves
 * as a clause needs it, a scripted one does.
 */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** A client, and what it has handed over. */
type Observed = { client: Client; got: Message[]; seqs(): number[]; has(seq: number): Promise<void> };

/** One transport: its server, its clients and its source. */
class World {
  readonly name: TransportName;
  readonly pushes: boolean;
  source = new EmbeddedSource();
  endpoint!: Endpoint;

  constructor(name: TransportName) {
    this.name = name;
    this.pushes = !name.endsWith('poll');
  }

  get log(): MessageLog {
    return this.source.log;
  }

  append(count: number, body = 'x'): void {
    for (let index = 0; index < count; index += 1) this.log.append(body, 0);
  }

  /** Long polls are held for longer than any test takes, unless the options say otherwise. */
  async serve(options: ServerOptions = {}, port = 0, host?: string): Promise<Endpoint> {
    const endpoint = serversByName[this.name](this.source, { holdMs: 600_000, ...options });
    await endpoint.listen(port, host);
    cleanups.push(() => endpoint.close());
    this.endpoint = endpoint;
    return endpoint;
  }

  open(options: Partial<ShortPollClientOptions> & { port?: number; host?: string } = {}): Client {
    const { port = this.endpoint.port, host = '127.0.0.1', ...others } = options;
    const { scheme, open } = clientsByName[this.name];
    const url = `${scheme}://${host}:${port}`;
    const client = open({ url, intervalMs: 5, random: () => 0.01, ...others }, nodeOpeners);
    cleanups.push(() => client.stop());
    return client;
  }

  observe(
    client: Client,
    handler: (message: Message) => void = () => {},
  ): Observed & { start(): Promise<void> } {
    const got: Message[] = [];
    const seqs = () => got.map(({ seq }) => seq);
    const has = (seq: number) => vi.waitFor(() => expect(got.at(-1)?.seq ?? 0).toBeGreaterThanOrEqual(seq));
    const start = () =>
      client.start((message) => {
        got.push(message);
        handler(message);
      });
    return { client, got, seqs, has, start };
  }

  /** A client that has subscribed. */
  async receive(
    options?: Parameters<World['open']>[0],
    handler?: (message: Message, client: Client) => void,
  ): Promise<Observed> {
    const client = this.open(options);
    const observed = this.observe(client, (message) => handler?.(message, client));
    await observed.start();
    return observed;
  }

  /** Another client comes, gets a message and leaves, three times: by then any client that reads has it, too. */
  async roundTrips(): Promise<void> {
    for (let count = 0; count < 3; count += 1) {
      const { client, has } = await this.receive();
      this.append(1, 'round trip');
      await has(this.log.head);
      client.stop();
      await turn();
    }
  }

  /** Appends large messages until the socket of a client that does not read is full. */
  async fillSocket(isFull = () => this.endpoint.longestBacklogBytes > 0): Promise<void> {
    if (!this.pushes || this.name === 'notify') return;
    for (let count = 0; !isFull(); count += 1) {
      expect(count).toBeLessThan(100);
      this.append(1, 'x'.repeat(2 ** 20));
      await turn();
    }
  }

  /** From now on the source keeps publications waiting until the returned function is called. Servers that run already don't see it. */
  holdPublications(): { asked: Publication[]; release(): void } {
    const asked: Publication[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { source } = this;
    const publish = source.publish.bind(source);
    source.publish = async (publication) => {
      asked.push(publication);
      await released;
      return publish(publication);
    };
    return { asked, release };
  }
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Passes bytes on until it is cut like a cable: then it still takes connections, and passes nothing. */
async function openCable(port: number) {
  let isCut = false;
  let open = 0;
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer({ noDelay: true }, (near) => {
    open += 1;
    near.on('close', () => {
      open -= 1;
    });
    // Without a reader an end would not be noticed.
    if (isCut) return void near.resume();
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    far.on('error', () => {});
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    cleanups.push(() => far.destroy());
    pairs.add([near, far]);
    near.pipe(far).pipe(near);
  });
  return {
    port: await listening(server),
    get connections() {
      return open;
    },
    cut() {
      isCut = true;
      for (const pair of pairs) for (const socket of pair) socket.unpipe().resume();
    },
    mend() {
      isCut = false;
    },
  };
}

/** What a scripted server sends: texts on each connection, the last list on all that follow; a response to each poll, then none. */
type Script = { connections?: string[][]; polls?: string[]; refusal?: string; heartbeatMs?: number };

/** A server that sends what the test tells it to, whatever it receives. It never answers a publication. */
async function scripted({ name }: World, { connections = [], polls = [], refusal, heartbeatMs }: Script) {
  const seen = { connections: 0, polls: 0, closeCodes: [] as number[], open: 0 };
  const nextTexts = () => connections[Math.min(seen.connections++, connections.length - 1)] ?? [];
  const body = JSON.stringify({ error: refusal });
  const repeat = (beat: () => void, socket: Duplex | WebSocket) => {
    if (heartbeatMs === undefined) return;
    const timer = setInterval(beat, heartbeatMs);
    socket.on('close', () => clearInterval(timer));
  };
  const onSocket = (socket: Socket) => {
    seen.open += 1;
    socket.on('error', () => {}).on('close', () => (seen.open -= 1));
  };

  if (name === 'tcp-push') {
    const server = createServer((socket) => {
      onSocket(socket);
      if (refusal !== undefined) return void socket.end(`${body}\n`);
      socket.once('data', () => {
        for (const text of nextTexts()) socket.write(`${text}\n`);
        repeat(() => socket.write('\n'), socket);
      });
    });
    return Object.assign(seen, { port: await listening(server) });
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'POST') return;
    if (refusal !== undefined) return void response.writeHead(403).end(body);
    if (name === 'sse') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const text of nextTexts()) response.write(`data: ${text}\n\n`);
      return;
    }
    const answer = polls[seen.polls++];
    if (answer !== undefined) response.end(answer);
  };
  const server = createHttpServer(onRequest).on('connection', onSocket);
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (refusal !== undefined)
      return void socket.end(`HTTP/1.1 403 Forbidden\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.on('close', (code) => seen.closeCodes.push(code)).on('error', () => {});
      for (const text of nextTexts()) accepted.send(text);
      repeat(() => accepted.ping(), accepted);
    });
  });
  return Object.assign(seen, { port: await listening(server) });
}

const message = (seq: number, body = '') => ({ seq, dueMs: 0, body });
const batch = (messages: object[], next: number) =>
  JSON.stringify({ messages, next: `a1:${next}`, missed: 0 });

/** A script that delivers these messages to a client with the cursor `a1:0`. */
function deliver({ name }: World, messages: { seq: number }[]): Script {
  const last = Math.max(...messages.map(({ seq }) => seq));
  if (name.endsWith('poll')) return { polls: [batch(messages, last)] };
  if (name === 'notify')
    return { connections: [[JSON.stringify({ next: `a1:${last}` })]], polls: [batch(messages, last)] };
  return { connections: [[batch([], 0), ...messages.map((one) => JSON.stringify(one))]] };
}

/** A script of texts that each cost a connection or a poll, and of a message behind them. */
function deliverAfter(world: World, bad: string[]): Script {
  const { connections, polls } = deliver(world, [message(1, 'good')]);
  if (!world.pushes) return { polls: [...bad, ...(polls ?? [])] };
  return { connections: [...bad.map((text) => [text]), ...(connections ?? [])], polls };
}

/** Takes the exceptions that nobody catches. */
function uncaught(): unknown[] {
  const errors: unknown[] = [];
  process.setUncaughtExceptionCaptureCallback((error) => errors.push(error));
  cleanups.push(() => process.setUncaughtExceptionCaptureCallback(null));
  return errors;
}

/** Some containers have no IPv6. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

const checks: Record<keyof typeof clauses, (world: World) => Promise<void>> = {
  async inOrder(world) {
    await world.serve();
    world.append(1, 'before anybody came');
    const { client, got, has } = await world.receive();
    const bodies = [...upTo(50).map(String), 'é "quoted" \n\u2028\0\u{1f600} line', 'x'.repeat(17 * 2 ** 20)];
    for (const body of bodies) world.append(1, body);
    await has(bodies.length + 1);
    expect(got.map(({ seq, body }) => [seq, body.slice(0, 50), body.length])).toEqual(
      bodies.map((body, index) => [index + 2, body.slice(0, 50), body.length]),
    );
    expect(client.ledger).toMatchObject({ startSeq: 1, gaps: 0, duplicated: 0, reordered: 0 });
    expect(client.counters).toMatchObject({ failures: 0, lastFailure: undefined });
  },

  async handlerArgument(world) {
    await world.serve();
    world.append(3);
    const client = world.open({ after: `${world.log.id}:0` });
    const given: number[] = [];
    await client.start((...all) => given.push(all.length));
    await vi.waitFor(() => expect(given).toHaveLength(3));
    world.append(1);
    await vi.waitFor(() => expect(given).toEqual([1, 1, 1, 1]));
  },

  async cursorAdvances(world) {
    await world.serve();
    world.append(5);
    const cursors: (string | undefined)[] = [];
    const { has } = await world.receive({ after: `${world.log.id}:0` }, (_message, { ledger }) =>
      cursors.push(ledger.cursor),
    );
    await has(5);
    world.append(1);
    await has(6);
    expect(cursors).toEqual(upTo(6).map((seq) => `${world.log.id}:${seq}`));
  },

  async replays(world) {
    await world.serve();
    world.append(30, 'x'.repeat(70_000));
    const { client, seqs, has } = await world.receive({ after: `${world.log.id}:5` });
    await has(30);
    expect(seqs()).toEqual(upTo(30, 6));
    expect(client.ledger).toMatchObject({ missed: 0, gaps: 0 });
  },

  async missed(world) {
    world.source = new EmbeddedSource(new MessageLog({ limitMessages: 3 }));
    await world.serve();
    world.append(10);
    const { client, seqs, has } = await world.receive({ after: `${world.log.id}:2` });
    await has(10);
    expect(seqs()).toEqual([8, 9, 10]);
    expect(client.ledger).toMatchObject({ missed: 5, gaps: 5 });
  },

  async holes(world) {
    await world.serve();
    const early = await world.receive();
    world.append(1);
    world.log.take(message(5));
    const late = await world.receive({ after: `${world.log.id}:0` });
    world.log.take(message(6));
    for (const { client, seqs, has } of [early, late]) {
      await has(6);
      expect(seqs()).toEqual([1, 5, 6]);
      expect(client.ledger).toMatchObject({ missed: 3, gaps: 3, duplicated: 0, reordered: 0 });
    }
  },

  async findsGaps(world) {
    const { port } = await scripted(world, deliver(world, [message(1), message(3)]));
    const { client, seqs, has } = await world.receive({ port, after: 'a1:0' });
    await has(3);
    expect(seqs()).toEqual([1, 3]);
    expect(client.ledger).toMatchObject({ gaps: 1, missed: 0, dropped: 0 });
  },

  async dropsDuplicates(world) {
    const { port } = await scripted(
      world,
      deliver(
        world,
        [1, 2, 2, 1, 3].map((seq) => message(seq)),
      ),
    );
    const { client, seqs, has } = await world.receive({ port, after: 'a1:0' });
    await has(3);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(client.ledger).toMatchObject({ duplicated: 2, gaps: 0 });
  },

  async newLog(world) {
    const { port } = await world.serve();
    const { client, got, has } = await world.receive();
    world.append(3);
    await has(3);
    await world.endpoint.close();
    world.source = new EmbeddedSource();
    world.append(1, 'new');
    await world.serve({}, port);
    await vi.waitFor(() => expect(got.map(({ seq, body }) => [seq, body]).at(-1)).toEqual([1, 'new']));
    expect(client.ledger).toMatchObject({ resets: 1, cursor: `${world.log.id}:1`, duplicated: 0, gaps: 0 });
  },

  async cursorAhead(world) {
    await world.serve();
    world.append(5);
    const { client, seqs, has } = await world.receive({ after: `${world.log.id}:7` });
    expect(client.ledger.startSeq).toBe(7);
    // One after the other: what a subscriber gets at once is another case than what it gets as it comes.
    for (let seq = 6; seq <= 9; seq += 1) {
      world.append(1);
      await turn();
    }
    await has(9);
    expect(seqs()).toEqual([8, 9]);
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0, resets: 0 });
    expect(client.counters).toMatchObject({ failures: 0, lastFailure: undefined });
  },

  async latest(world) {
    await world.serve();
    world.append(5);
    const { client, seqs, has } = await world.receive({ after: `${world.log.id}:0`, contract: 'latest' });
    await has(5);
    expect(seqs()).toEqual([5]);
    expect(client.ledger).toMatchObject({ dropped: 4, gaps: 4, missed: 0 });
  },

  async ipv6(world) {
    if (!hasIpv6) return;
    await world.serve({}, 0, '::1');
    const { has } = await world.receive({ host: '[::1]' });
    world.append(1);
    await has(1);
  },

  async startPrompt(world) {
    await world.serve();
    world.append(5);
    const fresh = await world.receive();
    const back = await world.receive({ after: `${world.log.id}:5` });
    for (const { client, has } of [fresh, back]) {
      expect(client.ledger.startSeq).toBe(5);
      world.append(1);
      await has(world.log.head);
    }
  },

  async startRetries(world) {
    const { port } = await world.serve();
    await world.endpoint.close();
    const { client, start, has } = world.observe(world.open({ port }));
    const started = start();
    await vi.waitFor(() => expect(client.counters.failures).toBeGreaterThan(1));
    await world.serve({}, port);
    await started;
    world.append(1);
    await has(1);
  },

  async startOnce(world) {
    const { port } = await world.serve();
    const client = world.open({ port });
    const first = client.start(() => {});
    await expect(client.start(() => {})).rejects.toThrow('start() was called before');
    await first;
    await expect(client.start(() => {})).rejects.toThrow('start() was called before');
    client.stop();
    await vi.waitFor(() => expect(world.endpoint.connections).toBe(0));
  },
  async startStopped(world) {
    const { port } = await world.serve();
    await world.endpoint.close();
    const client = world.open({ port });
    const started = client.start(() => {});
    client.stop();
    await expect(started).rejects.toThrow('the client was stopped');
    await expect(client.start(() => {})).rejects.toThrow('the client was stopped');
  },

  async pauseHolds(world) {
    await world.serve();
    const { client, got, seqs, has } = await world.receive();
    client.pause();
    world.append(3);
    await world.roundTrips();
    expect(got).toEqual([]);
    client.resume();
    await has(world.log.head);
    expect(seqs()).toEqual(upTo(world.log.head));
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0 });
  },

  async pauseInHandler(world) {
    await world.serve();
    world.append(5);
    const { client, seqs, has } = await world.receive({ after: `${world.log.id}:0` }, ({ seq }, own) => {
      if (seq === 2) own.pause();
    });
    await has(2);
    await world.roundTrips();
    expect(seqs()).toEqual([1, 2]);
    expect(client.ledger.cursor).toBe(`${world.log.id}:2`);
    client.resume();
    expect(seqs()).toEqual([1, 2]);
    await has(world.log.head);
    expect(seqs()).toEqual(upTo(world.log.head));
  },

  async pauseReconnect(world) {
    const { port } = await world.serve();
    const { client, got, seqs, has } = await world.receive();
    client.pause();
    await world.endpoint.close();
    world.append(3);
    await world.serve({ policy: 'unbounded' }, port);
    if (world.pushes) await vi.waitFor(() => expect(world.endpoint.joined).toBe(1));
    await world.roundTrips();
    await world.fillSocket();
    expect(got).toEqual([]);
    client.resume();
    await has(world.log.head);
    expect(seqs()).toEqual(upTo(world.log.head));
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0 });
  },

  async pauseConnecting(world) {
    await world.serve();
    world.append(2);
    for (const after of [undefined, `${world.log.id}:1`]) {
      const { client, got, seqs, start, has } = world.observe(world.open({ after }));
      if (after) client.pause();
      const started = start();
      client.pause();
      await started;
      const { startSeq = 0 } = client.ledger;
      expect(startSeq).toBe(after ? 1 : 2);
      world.append(3);
      await world.roundTrips();
      expect(got).toEqual([]);
      client.resume();
      await has(world.log.head);
      expect(seqs()).toEqual(upTo(world.log.head, startSeq + 1));
      client.stop();
    }
  },

  async pauseStopsReading(world) {
    await world.serve({ policy: 'unbounded' });
    const { client, has } = await world.receive();
    client.pause();
    await world.fillSocket();
    await world.roundTrips();
    const { requests } = client.counters;
    await world.roundTrips();
    expect(client.counters.requests).toBe(requests);
    client.resume();
    await has(world.log.head);
  },

  async pauseIsNotSilence(world) {
    await world.serve({ policy: 'unbounded' });
    const { client, has } = await world.receive({ silenceLimitMs: 90 });
    client.pause();
    await world.fillSocket();
    // As long as the other client needs to find two connections silent.
    const cable = await openCable(world.endpoint.port);
    const other = await world.receive({ port: cable.port, silenceLimitMs: 90 });
    cable.cut();
    await vi.waitFor(() => expect(other.client.counters.failures).toBeGreaterThan(1));
    client.resume();
    await has(world.log.head);
    expect(client.counters).toMatchObject({ failures: 0, lastFailure: undefined });
  },

  async stopInHandler(world) {
    await world.serve();
    world.append(5);
    const { client, seqs, has } = await world.receive({ after: `${world.log.id}:0` }, ({ seq }, own) => {
      if (seq === 2) own.stop();
    });
    await has(2);
    await world.roundTrips();
    expect(seqs()).toEqual([1, 2]);
    expect(client.ledger.cursor).toBe(`${world.log.id}:2`);
  },

  async stopCloses(world) {
    await world.serve();
    const { client } = await world.receive();
    await client.publish('on its connection', 0);
    client.stop();
    const { requests } = client.counters;
    await vi.waitFor(() => expect(world.endpoint.connections).toBe(0));
    const { accepted } = world.endpoint;
    world.append(1);
    for (let count = 0; count < 20; count += 1) await turn();
    expect(world.endpoint.accepted).toBe(accepted);
    expect(client.counters.requests).toBe(requests);
  },

  async stopEndsRetries(world) {
    const { port } = await world.serve();
    await world.endpoint.close();
    const client = world.open({ port });
    const started = client.start(() => {});
    await vi.waitFor(() => expect(client.counters.failures).toBeGreaterThan(0));
    client.stop();
    await expect(started).rejects.toThrow();
    const { requests } = client.counters;
    await world.serve({}, port);
    await world.roundTrips();
    expect(client.counters.requests).toBe(requests);
  },

  async stopSaysGoodbye(world) {
    const server = await scripted(world, deliver(world, [message(1)]));
    const { client } = await world.receive({ port: server.port, after: 'a1:0' });
    client.stop();
    await vi.waitFor(() => expect(server.closeCodes).toEqual([1000]));
  },

  async stopTerminates(world) {
    await world.serve();
    const cable = await openCable(world.endpoint.port);
    const { client } = await world.receive({ port: cable.port });
    await vi.waitFor(() => expect(cable.connections).toBe(1));
    cable.cut();
    client.stop();
    await vi.waitFor(() => expect(cable.connections).toBe(0), { timeout: 5000 });
  },

  async exceptionReaches(world) {
    await world.serve();
    world.append(2);
    const errors = uncaught();
    const { has } = await world.receive({ after: `${world.log.id}:0` }, ({ seq }) => {
      if (seq !== 2) throw new Error(`a bug at ${seq}`);
    });
    await has(2);
    world.append(1);
    await has(3);
    await vi.waitFor(() => expect(errors).toEqual([new Error('a bug at 1'), new Error('a bug at 3')]));
  },

  async exceptionLosesNothing(world) {
    await world.serve();
    world.append(5);
    uncaught();
    const { client, seqs, has } = await world.receive({ after: `${world.log.id}:0` }, ({ seq }) => {
      if (seq % 2 === 0) throw new Error('a bug');
    });
    await has(5);
    const { accepted } = world.endpoint;
    world.append(2);
    await has(7);
    expect(seqs()).toEqual(upTo(7));
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0 });
    expect(client.counters).toMatchObject({ failures: 0, lastFailure: undefined });
    expect(world.endpoint.accepted).toBe(accepted);
  },

  async reconnects(world) {
    const { port } = await world.serve();
    const { client, seqs, has } = await world.receive();
    world.append(1);
    await has(1);
    await world.endpoint.close();
    world.append(1);
    await vi.waitFor(() => expect(client.counters.failures).toBeGreaterThan(0));
    await world.serve({}, port);
    world.append(1);
    await has(3);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(client.ledger).toMatchObject({ gaps: 0, duplicated: 0, resets: 0 });
  },

  async oneRetry(world) {
    const notices = upTo(100).map((seq) => JSON.stringify({ next: `a1:${seq}` }));
    const isNotify = world.name === 'notify';
    const server = await scripted(world, {
      connections: [isNotify ? notices : ['garbage']],
      polls: Array.from({ length: 1000 }, () => 'garbage'),
    });
    let texts = 0;
    const client = clientsByName[world.name].open(
      {
        url: `${clientsByName[world.name].scheme}://127.0.0.1:${server.port}`,
        intervalMs: 5,
        backoff: 'fixed',
      },
      {
        ...nodeOpeners,
        webSocket: (url, events) =>
          nodeOpeners.webSocket(url, {
            ...events,
            onText(text) {
              texts += 1;
              events.onText(text);
            },
          }),
      },
    );
    cleanups.push(() => client.stop());
    client.start(() => {}).catch(() => {});
    await vi.waitFor(() => expect(client.counters.failures).toBeGreaterThan(0));
    for (let count = 0; count < 50; count += 1) {
      client.pause();
      client.resume();
    }
    if (isNotify) await vi.waitFor(() => expect(texts).toBe(100));
    else if (world.pushes) await vi.waitFor(() => expect(server.open).toBe(0));
    for (let count = 0; count < 20; count += 1) await turn();
    expect(client.counters.failures).toBe(1);
    expect(server.connections + server.polls).toBe(isNotify ? 2 : 1);
  },

  async badInput(world) {
    const bad = [
      'not JSON',
      'null',
      '5',
      '"text"',
      '[]',
      '{}',
      '{"error":5}',
      '{"published":"1"}',
      '{"next":"?"}',
    ];
    bad.push('{"seq":"1","dueMs":0,"body":""}', '{"messages":{},"next":"a1:1","missed":0}');
    bad.push('{"messages":[],"next":"?","missed":0}', '{"messages":[null],"next":"a1:1","missed":0}');
    const notNotices = bad.filter((text) => world.name !== 'notify' || !text.includes('a1:1'));
    const { port } = await scripted(world, deliverAfter(world, notNotices));
    const { client, got, has } = await world.receive({ port, after: 'a1:0', backoff: 'immediate' });
    await has(1);
    expect(got).toEqual([message(1, 'good')]);
    expect(client.counters.failures).toBe(notNotices.length);
    expect(client.counters.lastFailure).toBeTruthy();
  },

  async tooLong(world) {
    const { port } = await scripted(
      world,
      deliverAfter(world, [batch([message(1, 'x'.repeat(33 * 2 ** 20))], 1)]),
    );
    const { client, got, has } = await world.receive({ port, after: 'a1:0' });
    await has(1);
    expect(got.map(({ body }) => body)).toEqual(['good']);
    expect(client.counters.failures).toBe(1);
  },

  async silence(world) {
    await world.serve({ heartbeatMs: 15, holdMs: 15 });
    const cable = await openCable(world.endpoint.port);
    const { client, seqs, has } = await world.receive({ port: cable.port, silenceLimitMs: 150 });
    world.append(1);
    await has(1);
    cable.cut();
    world.append(1);
    await vi.waitFor(() => expect(client.counters.lastFailure).toBe('no data for 0.15 s'));
    cable.mend();
    world.append(1);
    await has(3);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(client.ledger).toMatchObject({ gaps: 0, missed: 0, duplicated: 0, reordered: 0 });
  },

  async heartbeat(world) {
    await world.serve({ heartbeatMs: 10 });
    const { client, has } = await world.receive({ silenceLimitMs: 90 });
    const before = world.endpoint.bytes.toClients;
    // That many heartbeats, of up to 3 bytes, take several times the limit.
    await vi.waitFor(() => expect(world.endpoint.bytes.toClients - before).toBeGreaterThan(3 * 30));
    world.append(1);
    await has(1);
    expect(client.counters).toMatchObject({ failures: 0, lastFailure: undefined });
  },

  async infinity(world) {
    await world.serve({ holdMs: 5 });
    const { client, has } = await world.receive({ silenceLimitMs: Number.POSITIVE_INFINITY });
    await client.publish('with the same limit', 0);
    await world.roundTrips();
    await has(world.log.head);
    expect(client.counters).toMatchObject({ failures: 0, lastFailure: undefined });
  },

  async refusalReason(world) {
    const refusal = `no entry for "you": ${'x'.repeat(100)}`;
    const { port } = await scripted(world, { refusal });
    const client = world.open({ port });
    client.start(() => {}).catch(() => {});
    // Over TCP there is no status.
    const expected = world.name === 'tcp-push' ? refusal : `the server responded with 403: ${refusal}`;
    await vi.waitFor(() => expect(client.counters.lastFailure).toBe(expected));
  },

  async evictionReason(world) {
    const { tally } = await world.serve({ limitBytes: 100_000, limits: { goodbyeMs: 600_000 } });
    const { client, seqs, has } = await world.receive();
    client.pause();
    await world.fillSocket(() => tally.evicted > 0);
    client.resume();
    await has(world.log.head);
    expect(seqs()).toEqual(upTo(world.log.head));
    const reason = world.endpoint.evictions[0]?.reason;
    expect(reason).toMatch(/^slow consumer/);
    expect(client.counters.lastFailure).toBe(world.name === 'push' ? `closed with 4008 ${reason}` : reason);
  },

  async publishAcknowledged(world) {
    const { asked, release } = world.holdPublications();
    await world.serve();
    const { client, got, has } = await world.receive();
    let isAcknowledged = false;
    const published = client.publish('hello all', 12).then(() => {
      isAcknowledged = true;
    });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await world.roundTrips();
    expect(isAcknowledged).toBe(false);
    release();
    await published;
    expect(world.log.head).toBe(4);
    await has(4);
    expect(got.at(-1)).toEqual({ seq: 4, dueMs: 12, body: 'hello all' });
  },

  async publishRefused(world) {
    await world.serve();
    const { client } = await world.receive();
    await expect(client.publish('not a time', Number.NaN)).rejects.toThrow(/dueMs/);
    expect(world.log.head).toBe(0);
  },

  async publishUnconnected(world) {
    await world.serve();
    const { client } = await world.receive({ backoff: 'fixed' });
    await world.endpoint.close();
    if (world.pushes) await vi.waitFor(() => expect(client.counters.failures).toBeGreaterThan(0));
    await expect(client.publish('to nobody', 0)).rejects.toThrow(
      /not connected|ECONNREFUSED|other side closed/,
    );
  },

  async publishLost(world) {
    const { asked } = world.holdPublications();
    await world.serve();
    const { client } = await world.receive();
    const published = expect(client.publish('lost?', 0)).rejects.toThrow(/lost|closed|ECONNRESET|hang up/);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await world.endpoint.cut();
    await published;
  },

  async publishUnanswered(world) {
    const { port } = await scripted(world, { ...deliver(world, [message(1)]), heartbeatMs: 10 });
    const { client } = await world.receive({ port, after: 'a1:0', silenceLimitMs: 150 });
    await expect(client.publish('anybody there?', 0)).rejects.toThrow(
      /^no (?:acknowledgement|data) for 0.15 s$/,
    );
  },

  async publishStopped(world) {
    const { asked } = world.holdPublications();
    await world.serve();
    const { client } = await world.receive();
    const published = expect(client.publish('too late', 0)).rejects.toThrow('the client was stopped');
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    client.stop();
    await published;
    await expect(client.publish('much too late', 0)).rejects.toThrow('the client was stopped');
  },

  async publishOnce(world) {
    await world.serve();
    const { client } = await world.receive();
    await client.publish('once', 0, 'an id');
    await client.publish('once', 0, 'an id');
    expect(world.log.head).toBe(1);
    await Promise.all([
      client.publish('at the same time', 0, 'two'),
      client.publish('at the same time', 0, 'two'),
    ]);
    expect(world.log.head).toBe(2);
    await client.publish('another', 0);
    await client.publish('another', 0);
    expect(world.log.head).toBe(4);
  },

  async publishEarly(world) {
    await world.serve();
    const { client, start, has } = world.observe(world.open());
    const started = start();
    const outcome = client.publish('early', 0).then(
      () => 'acknowledged',
      ({ message }: Error) => message,
    );
    await started;
    expect(await outcome).toBe(world.log.head === 1 ? 'acknowledged' : 'not connected: no response yet');
    world.append(1);
    await has(world.log.head);
    expect(world.endpoint.tally.refused).toBe(0);
    expect(client.counters).toMatchObject({ failures: 0, lastFailure: undefined });
  },

  async publishPaused(world) {
    await world.serve();
    const { client, got } = await world.receive();
    client.pause();
    await client.publish('from a slow one', 0);
    expect(world.log.head).toBe(1);
    expect(got).toEqual([]);
  },
};

describe.each(transportNames)('%s', (name) => {
  for (const [key, check] of Object.entries(checks)) {
    const { promise, except = {} }: Clause = clauses[key as keyof typeof clauses];
    if (except[name] === undefined) it(`${key}: ${promise}`, () => check(new World(name)));
  }
});
