import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../clients/client.ts';
import { clientsByName } from '../../clients/clients.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import type { TransportName } from '../../clients/transports.ts';
import type { Message } from '../../servers/log/message.ts';
import { serversByName } from '../../servers/serve.ts';
import { RabbitSource } from '../../servers/source/rabbitmq.ts';
import { parseStreamEntry, type Stamped } from '../../servers/source/stream-entry.ts';
import { type BrokerNode, findRabbit, rabbitRemedy, startBrokerNode } from '../broker/node.ts';
import { runsTypeScript } from './child.ts';
import { openRelay } from './relay.ts';

/** One RabbitMQ, and servers in several processes that have their messages from it. */
const hasRabbit = findRabbit() !== undefined;
if (!hasRabbit) console.warn(`skipped: one source for several servers: ${rabbitRemedy}`);

/** With `CI=true` a missing RabbitMQ is no reason to skip: its tests then fail, and say what to install. */
const runs = hasRabbit || process.env.CI === 'true';

/** Long enough for a busy machine. */
const startLimitMs = 150_000;
const patience = { timeout: 60_000, interval: 20 };

let node: BrokerNode;
const cleanups: (() => unknown)[] = [];

describe.skipIf(!runs)('servers on one RabbitMQ source', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    node = await startBrokerNode({ plugins: [], startLimitMs });
  }, startLimitMs + 10_000);

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  afterAll(() => node?.stop());

  it('deliver the identical sequence from three processes, and take publications alike', async () => {
    const servers = await startServers(3);
    const clients = servers.flatMap((server) =>
      (['push', 'long-poll', 'short-poll', 'notify'] as const).map((name) => subscribe(server, name)),
    );
    await Promise.all(clients.map(({ started }) => started));
    const bodies = Array.from({ length: 60 }, (_, index) => `from a client ${index}`);
    await Promise.all(
      bodies.map((body, index) => clients[index % clients.length]?.client.publish(body, index)),
    );
    await vi.waitFor(() => {
      for (const { got } of clients)
        expect(got.filter(({ body }) => body.startsWith('from a client'))).toHaveLength(60);
    }, patience);

    const start = Math.max(...clients.map(({ client }) => client.ledger.startSeq as number));
    const end = Math.min(...clients.map(({ got }) => got.at(-1)?.seq as number));
    const common = clients.map(({ got }) => got.filter(({ seq }) => seq > start && seq <= end));
    expect(common[0]?.map(({ seq }) => seq)).toEqual(
      Array.from({ length: end - start }, (_, index) => start + 1 + index),
    );
    for (const each of common) expect(each).toEqual(common[0]);
    const logIds = clients.map(({ client }) => client.ledger.cursor?.split(':')[0]);
    expect(new Set(logIds).size).toBe(1);
    for (const { client } of clients)
      expect(client.ledger).toMatchObject({ gaps: 0, missed: 0, duplicated: 0, reordered: 0, resets: 0 });
  });

  it('lose nothing when one of them is killed: its clients go on at another with their cursor', async () => {
    const [first, second] = (await startServers(2)) as [Server, Server];
    const moving = subscribe(first, 'push');
    const staying = subscribe(second, 'push');
    await Promise.all([moving.started, staying.started]);
    for (let index = 0; index < 20; index += 1) await staying.client.publish(`before ${index}`, 0);
    await vi.waitFor(() => expect(moving.got.length).toBeGreaterThan(20), patience);

    first.child.kill('SIGKILL');
    const { cursor } = moving.client.ledger;
    moving.client.stop();
    // The first server was the sequencer: what is published now waits until the second has taken over.
    for (let index = 0; index < 20; index += 1) await staying.client.publish(`after ${index}`, 0);
    const moved = subscribe(second, 'push', cursor);
    await vi.waitFor(() => expect(moved.got.some(({ body }) => body === 'after 19')).toBe(true), patience);
    await vi.waitFor(() => expect(staying.got.at(-1)?.seq).toBe(moved.got.at(-1)?.seq), patience);

    const together = [...moving.got, ...moved.got];
    const start = moving.client.ledger.startSeq as number;
    expect(together.map(({ seq }) => seq)).toEqual(together.map((_, index) => start + 1 + index));
    const published = together.filter(({ body }) => /^(before|after) \d+$/.test(body));
    expect(published).toHaveLength(40);
    expect(new Set(published.map(({ body }) => body)).size).toBe(40);
    expect(moved.client.ledger).toMatchObject({ gaps: 0, missed: 0, resets: 0 });
  });

  it('lose nothing when their connections to RabbitMQ break: they resume by offset, and publish again', async () => {
    const name = randomUUID();
    const relay = await openRelay(node.addresses.amqp);
    cleanups.push(() => relay.close());
    const news: string[] = [];
    const cut = await openSource(name, { url: relay.url, onNews: (text) => news.push(text) });
    const other = await openSource(name);
    const published: Promise<{ seq: number }>[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (let index = 0; index < 50; index += 1)
        published.push(
          cut.publish({ body: `cut ${round} ${index}` }),
          other.publish({ body: `other ${round} ${index}` }),
        );
      // Some of these are on their way in either direction when the connection breaks.
      await published[20 + 100 * round];
      relay.cut();
    }
    const messages = await Promise.all(published);
    await vi.waitFor(() => expect([cut.log.head, other.log.head]).toEqual([400, 400]), patience);

    const [one, two] = [cut, other].map(({ log }) => log.after({ logId: log.id, seq: 0 }));
    expect(one).toEqual(two);
    expect(one?.missed).toBe(0);
    expect(one?.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    expect(new Set(one?.messages.map(({ body }) => body)).size).toBe(400);
    expect(messages.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(one?.messages.map(({ seq }) => seq));
    await vi.waitFor(() => expect(news.at(-1)).toContain('reconnected after'), patience);
    expect(news[0]).toContain('disconnected');
    const { password } = new URL(node.addresses.amqp);
    expect(news.join()).not.toContain(password);
  });

  it('stamp a publication once, however often it comes', async () => {
    const name = randomUUID();
    const source = await openSource(name);
    const channel = await openChannel();
    const again = Buffer.from(JSON.stringify({ from: 'somebody', number: 1, body: 'again', dueMs: 7 }));
    for (let count = 0; count < 5; count += 1) channel.sendToQueue(`${name}.publications`, again);
    channel.sendToQueue(`${name}.publications`, Buffer.from('what is this?'));
    await vi.waitFor(() => expect(source.log.head).toBe(1), patience);
    await source.publish({ body: 'last' });
    expect(bodiesIn(source)).toEqual(['again', 'last']);

    // A sequencer that takes over knows it from the stream.
    const next = await openSource(name);
    await source.close();
    for (let count = 0; count < 5; count += 1) channel.sendToQueue(`${name}.publications`, again);
    await next.publish({ body: 'very last' });
    expect(bodiesIn(next)).toEqual(['again', 'last', 'very last']);
  });

  it('read each entry of the stream once, and ignore what is none', async () => {
    const name = randomUUID();
    const source = await openSource(name);
    await source.publish({ body: 'one' });
    const channel = await openChannel();
    const stamped = await lastStamped(name);
    channel.sendToQueue(name, Buffer.from(JSON.stringify(stamped)));
    channel.sendToQueue(name, Buffer.from('{"seq":1}'));
    channel.sendToQueue(
      name,
      Buffer.from(
        JSON.stringify({ ...stamped, term: stamped.term - 1, message: { ...stamped.message, seq: 2 } }),
      ),
    );
    await source.publish({ body: 'two' });
    expect(bodiesIn(source)).toEqual(['one', 'two']);
    expect(bodiesIn(await openSource(name))).toEqual(['one', 'two']);
  });

  it('say what the stream has lost, to whoever reads at that moment and to whoever comes later', async () => {
    const name = randomUUID();
    const source = await openSource(name);
    await source.publish({ body: 'one' });
    const endpoint = serversByName.push(source);
    await endpoint.listen();
    cleanups.push(() => endpoint.close());
    const early = subscribe({ ports: new Map([['push', endpoint.port]]) }, 'push');
    await early.started;

    // What a server finds that comes back too late: 2 to 5 are no longer there.
    const channel = await openChannel();
    const { message, ...stamp } = await lastStamped(name);
    const six = { ...stamp, number: 6, message: { ...message, seq: 6, body: 'six' } };
    channel.sendToQueue(name, Buffer.from(JSON.stringify(six)));
    await vi.waitFor(() => expect(early.got.map(({ seq }) => seq)).toEqual([6]), patience);
    const late = subscribe({ ports: new Map([['push', endpoint.port]]) }, 'push', `${source.log.id}:0`);
    await vi.waitFor(() => expect(late.got.map(({ seq }) => seq)).toEqual([1, 6]), patience);
    for (const { client } of [early, late]) expect(client.ledger).toMatchObject({ gaps: 4, missed: 4 });
  });

  it('keep the log across a restart of all servers, with its id', async () => {
    const name = randomUUID();
    const before = await openSource(name);
    await before.publish({ body: 'one' });
    await before.close();
    await expect(before.publish({ body: 'nobody hears this' })).rejects.toThrow('closed');
    const after = await openSource(name);
    expect(after.log.id).toBe(before.log.id);
    await after.publish({ body: 'two' });
    expect(bodiesIn(after)).toEqual(['one', 'two']);
  });

  it('do not start on a stream that was replaced by another', async () => {
    const name = randomUUID();
    await (await openSource(name)).close();
    const channel = await openChannel();
    channel.sendToQueue(name, Buffer.from('{"mark":"m","logId":"other"}'));
    await expect(openSource(name)).rejects.toThrow('the stream was deleted and replaced by another');
    // Its connection is closed, too: nobody is left who reads the queue.
    await vi.waitFor(
      async () =>
        expect(await channel.checkQueue(`${name}.publications`)).toMatchObject({ consumerCount: 0 }),
      patience,
    );
  });

  it('play a schedule, and have all of it in the log when it has ended', async () => {
    const source = await openSource(randomUUID());
    const [seconds, nanoseconds] = process.hrtime();
    await source.play(
      { kind: 'periodic', ratePerSecond: 100, durationMs: 300, payloadBytes: 100 },
      seconds * 1000 + nanoseconds / 1e6,
    );
    expect(source.log.head).toBe(30);
    expect(bodiesIn(source)[29]).toMatch(/^message 30 /);
  });

  it.each([
    ['nobody answers', () => 'amqp://me:secret@127.0.0.1:1', /^can’t connect to RabbitMQ at 127\.0\.0\.1:1 /],
    [
      'the password is wrong',
      () => node.addresses.amqp.replace(/:[^:@]*@/, ':secret@'),
      /rejected the name and password/,
    ],
    ['the virtual host is wrong', () => `${node.addresses.amqp}/secret-place`, /has no virtual host/],
  ])('end with 3 and one line when %s, and never say the password', async (_case, url, reason) => {
    const { exitCode, stdout, stderr } = await runServers('--broker', url());
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(reason)]);
    expect(stdout + stderr).not.toContain('secret@');
    expect(stdout + stderr).not.toContain(new URL(node.addresses.amqp).password);
    expect(exitCode).toBe(3);
  });
});

it('an address that is none ends with 2, and is not repeated', async () => {
  const { exitCode, stderr } = await runServers('--broker', 'http://me:secret@host');
  expect(stderr.trim()).toBe('Invalid --broker: expected a URL such as amqp://name:password@host:port');
  expect(exitCode).toBe(2);
});

/** Servers in a process of their own, and their ports. */
type Server = { child: ChildProcess; ports: Map<string, number> };

/** Starts them one after the other, so that the first is the sequencer. */
async function startServers(count: number): Promise<Server[]> {
  const servers: Server[] = [];
  while (servers.length < count) servers.push(await startServer());
  return servers;
}

async function startServer(): Promise<Server> {
  const args = [...runsTypeScript, 'servers/main.ts', '--port', '0', '--broker', node.addresses.amqp];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'exit');
  });
  const ports = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^ {2}([a-z-]+) .*?127\.0\.0\.1[: ](\d+)/.exec(line);
    if (found) ports.set(found[1] as string, Number(found[2]));
    if (line.startsWith('  notify')) break;
  }
  child.stdout.resume();
  return { child, ports };
}

async function runServers(...args: string[]) {
  const child = spawn(process.execPath, [...runsTypeScript, 'servers/main.ts', '--port', '0', ...args]);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    said.stdout += text;
  });
  child.stderr.on('data', (text) => {
    said.stderr += text;
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, ...said };
}

function subscribe({ ports }: Pick<Server, 'ports'>, name: TransportName, after?: string) {
  const { scheme, open } = clientsByName[name];
  const url = `${scheme}://127.0.0.1:${ports.get(name)}`;
  const client: Client = open({ url, after, intervalMs: 20 }, nodeOpeners);
  cleanups.push(() => client.stop());
  const got: Message[] = [];
  return { client, got, started: client.start((message) => got.push(message)) };
}

async function openSource(name: string, options: { url?: string; onNews?: (text: string) => void } = {}) {
  const source = await RabbitSource.open({ url: node.addresses.amqp, name, ...options });
  cleanups.push(() => source.close());
  return source;
}

async function openChannel() {
  const connection = await connect(node.addresses.amqp, { noDelay: true });
  cleanups.push(() => connection.close());
  return connection.createChannel();
}

/** The last message in the stream as it was stamped. */
async function lastStamped(stream: string): Promise<Stamped> {
  const channel = await openChannel();
  await channel.prefetch(100);
  return new Promise((resolve) =>
    channel.consume(
      stream,
      (delivery) => {
        if (!delivery) return;
        channel.ack(delivery);
        const entry = parseStreamEntry(String(delivery.content));
        if (entry && !('mark' in entry)) resolve(entry);
      },
      { arguments: { 'x-stream-offset': 'first' } },
    ),
  );
}

function bodiesIn({ log }: RabbitSource): string[] {
  return log.after({ logId: log.id, seq: 0 }).messages.map(({ body }) => body);
}
