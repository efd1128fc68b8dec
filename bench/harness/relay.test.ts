import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { randomLcg, randomUniform } from 'd3-random';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Delay } from '../result.ts';
import { Child } from './child.ts';
import type { LinkHandlers } from './link-process.ts';
import { measureOneWay, openEcho } from './probes/echo.ts';
import { openRelay, queueLimitBytes, Relay } from './relay.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A relay whose jitter comes from a seed. */
function relayOf(oneWayMs: number, jitterMs = 0): Relay {
  const relay = new Relay({ oneWayMs, jitterMs, random: randomLcg(3) });
  cleanups.push(() => relay.close());
  return relay;
}

/** A client and the server's end of its connection, with the relay between them. */
async function pair(relay: Relay): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'connection');
  const near = connectTo(await relay.open(portOf(server)));
  const [far] = (await connected) as [Socket];
  cleanups.push(() => {
    far.destroy();
    server.close();
  });
  return { near, far };
}

function connectTo(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  cleanups.push(() => socket.destroy());
  return socket;
}

function portOf(listening: Server): number {
  return (listening.address() as AddressInfo).port;
}

/** All that arrives at a socket until its stream ends. Its other direction stays open. */
async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** Pieces of random sizes, from a byte to 100 KB, in which no two places look alike for long. */
function randomPieces(seed: number): Buffer[] {
  const random = randomLcg(seed);
  const size = randomUniform.source(random)(0, 5);
  return Array.from({ length: 100 }, () =>
    Buffer.from(Array.from({ length: Math.floor(10 ** size()) }, () => random() * 256)),
  );
}

/** Some containers have no IPv6. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

describe.skipIf(!hasIpv6)('to a broker at an IPv6 address', () => {
  async function openAt(host: string): Promise<Server> {
    const server = createServer((socket) => socket.pipe(socket)).listen(0, host);
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return server;
  }

  it('leads a relay by its port', async () => {
    const broker = await openAt('::1');
    const client = connectTo(await relayOf(0).open(portOf(broker), '127.0.0.1', '::1'));
    const echoed = received(client);
    client.end('hello');
    expect(String(await echoed)).toBe('hello');
  });

  it('leads a relay by its URL, from another address', async () => {
    const broker = await openAt('::1');
    const relay = await openRelay(`amqp://[::1]:${portOf(broker)}`, '::1');
    cleanups.push(() => relay.close());
    const { port, hostname } = new URL(relay.url);
    expect(hostname).toBe('[::1]');
    const client = connect(Number(port), '::1');
    cleanups.push(() => client.destroy());
    client.write('hello');
    expect(String((await once(client, 'data'))[0])).toBe('hello');
  });
});

describe.each([
  { oneWayMs: 0, jitterMs: 0 },
  { oneWayMs: 5, jitterMs: 0 },
  { oneWayMs: 2, jitterMs: 6 },
])('a relay of $oneWayMs ms and up to $jitterMs more', ({ oneWayMs, jitterMs }) => {
  it('relays every byte in order, both ways at once', async () => {
    const { near, far } = await pair(relayOf(oneWayMs, jitterMs));
    const [there, back] = [randomPieces(1), randomPieces(2)];
    const [atFar, atNear] = [received(far), received(near)];
    await Promise.all([writeAll(near, there), writeAll(far, back)]);
    expect((await atFar).equals(Buffer.concat(there))).toBe(true);
    expect((await atNear).equals(Buffer.concat(back))).toBe(true);
  });

  it('lets no byte arrive before its time', async () => {
    const { near, far } = await pair(relayOf(oneWayMs, jitterMs));
    const pieces = randomPieces(4);
    const sentMs: number[] = [];
    const arrivedMs: number[] = [];
    let [first, bytes] = [0, 0];
    far.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // The instant at which the first byte of each piece has arrived.
      for (; first < bytes; first += pieces[arrivedMs.length - 1]?.length as number) arrivedMs.push(nowMs());
    });
    const ended = once(far, 'end');
    await writeAll(near, pieces, () => sentMs.push(nowMs()));
    await ended;
    expect(arrivedMs).toHaveLength(pieces.length);
    const shortestMs = Math.min(...arrivedMs.map((atMs, index) => atMs - (sentMs[index] as number)));
    expect(shortestMs).toBeGreaterThanOrEqual(oneWayMs);
  });

  it('ends one direction and leaves the other open', async () => {
    const { near, far } = await pair(relayOf(oneWayMs, jitterMs));
    const atFar = received(far);
    const endedMs = nowMs();
    near.end('question');
    expect(String(await atFar)).toBe('question');
    expect(nowMs() - endedMs).toBeGreaterThanOrEqual(oneWayMs);
    const atNear = received(near);
    far.end('answer');
    expect(String(await atNear)).toBe('answer');
  });

  it.each(['near', 'far'] as const)('passes on a reset of the %s side', async (name) => {
    const ends = await pair(relayOf(oneWayMs, jitterMs));
    const other = name === 'near' ? ends.far : ends.near;
    other.write('on its way to nobody');
    const resetMs = nowMs();
    ends[name].resetAndDestroy();
    const [error] = await once(other, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(nowMs() - resetMs).toBeGreaterThanOrEqual(oneWayMs);
  });

  it('closes a client whose target refuses', async () => {
    const refusing = createServer().listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const targetPort = portOf(refusing);
    refusing.close();
    const client = connectTo(await relayOf(oneWayMs, jitterMs).open(targetPort));
    const [error] = await once(client, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is found at least as long by whoever measures it', async () => {
    const echo = await openEcho();
    cleanups.push(echo.close);
    const port = await relayOf(oneWayMs, jitterMs).open(echo.port);
    const { mean, p50 } = await measuredAt(port);
    expect(mean).toBeGreaterThanOrEqual(oneWayMs);
    expect(p50).toBeGreaterThanOrEqual(oneWayMs);
  });
});

/** One way to an echo, measured for as long as a busy machine needs to have an answer. */
async function measuredAt(port: number): Promise<Delay> {
  for (let windowMs = 100; ; windowMs *= 2) {
    const { delay } = await measureOneWay(port, nowMs() + windowMs, 5, randomLcg(1));
    if (delay.count > 0) return delay;
  }
}

/** Writes one piece after the other, and ends. */
async function writeAll(socket: Socket, pieces: Buffer[], onWrite: () => void = () => {}): Promise<void> {
  for (const piece of pieces) {
    onWrite();
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  socket.end();
}

it.each([0, 5])('pauses a sender whose target does not read (%d ms)', async (oneWayMs) => {
  const relay = relayOf(oneWayMs);
  const { near, far } = await pair(relay);
  far.pause();
  const sent = vi.fn();
  const all = Buffer.alloc(64 * 1024 * 1024, 'all of it, ');
  near.write(all, sent);
  near.end();
  await vi.waitFor(() => expect(relay.tally.longestQueueBytes).toBeGreaterThan(queueLimitBytes * 0.9));
  expect(sent).not.toHaveBeenCalled();
  expect((await received(far)).equals(all)).toBe(true);
  expect(sent).toHaveBeenCalledOnce();
  expect(relay.tally.longestQueueBytes).toBeLessThanOrEqual(queueLimitBytes);
});

it('passes a reset to a side that does not read, past what waits for it', async () => {
  const relay = relayOf(0);
  const { near, far } = await pair(relay);
  near.pause();
  // Without a delay, a queue that grows says that the kernel takes no more for this client.
  while (relay.tally.longestQueueBytes < queueLimitBytes / 2) {
    await new Promise((resolve) => far.write(Buffer.alloc(64 * 1024), resolve));
  }
  const failed = vi.fn();
  near.on('error', failed);
  far.resetAndDestroy();
  await vi.waitFor(() => {
    // A side that does not read learns of a reset when it writes.
    near.write('.');
    expect(failed).toHaveBeenCalled();
  });
  expect(near.isPaused()).toBe(true);
});

it('close() cuts what is under way and stops listening', async () => {
  const relay = relayOf(60_000);
  const { near, far } = await pair(relay);
  const { near: second } = await pair(relay);
  near.write('never to arrive');
  await vi.waitFor(() => expect(relay.tally.longestQueueBytes).toBeGreaterThan(0));
  const ends = [near, far, second].map((socket) => {
    socket.resume().on('error', () => {});
    return once(socket, 'close');
  });
  for (const socket of [near, far, second]) socket.once('end', () => socket.end());
  const port = near.remotePort as number;
  await relay.close();
  await Promise.all(ends);
  expect(far.bytesRead).toBe(0);
  expect((await once(connectTo(port), 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
});

it('cut() closes what is open, and takes new connections', async () => {
  const relay = relayOf(0);
  const { near, far } = await pair(relay);
  const ends = [near, far].map((socket) => once(socket.resume(), 'end'));
  expect(relay.connections).toBe(1);
  relay.cut();
  await Promise.all(ends);
  const again = connectTo(near.remotePort as number);
  await once(again, 'connect');
});

it('goAway() refuses clients until comeBack(), at the same port', async () => {
  const echo = await openEcho();
  cleanups.push(echo.close);
  const relay = relayOf(0);
  const port = await relay.open(echo.port);
  await relay.goAway();
  expect((await once(connectTo(port), 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
  await relay.comeBack();
  const client = connectTo(port);
  client.write('hello');
  expect(String((await once(client, 'data'))[0])).toBe('hello');
});

it('comeBack() rejects where another program has its port', async () => {
  const relay = relayOf(0);
  const port = await relay.open(1);
  await relay.goAway();
  const other = createServer().listen(port, '127.0.0.1');
  cleanups.push(() => other.close());
  await once(other, 'listening');
  await expect(relay.comeBack()).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

it('silence() passes nothing on of what is open, neither data nor an end', async () => {
  const relay = relayOf(0);
  const { near, far } = await pair(relay);
  const other = vi.fn();
  far.on('data', other).on('end', other);
  relay.silence();
  near.end('lost');
  await vi.waitFor(() => expect(relay.tally.toServerBytes).toBe(4));
  const fresh = await pair(relay);
  fresh.near.write('there');
  expect(String((await once(fresh.far, 'data'))[0])).toBe('there');
  expect(other).not.toHaveBeenCalled();
});

it('can become shorter: what is under way keeps its time, and is not overtaken on its connection', async () => {
  const relay = relayOf(600_000);
  const { near, far } = await pair(relay);
  const other = await pair(relay);
  near.write('slow');
  // What has come in is under way; only then is the relay another.
  await vi.waitFor(() => expect(relay.tally.toServerBytes).toBe(4));
  relay.setOneWayMs(0);
  near.write('quick');
  other.near.write('quick');
  const [piece] = await once(other.far, 'data');
  expect(String(piece)).toBe('quick');
  expect(far.bytesRead).toBe(0);
});

it('works in a process of its own', async () => {
  const child = new Child<LinkHandlers>('./link-process.ts');
  onTestFinished(() => child.kill());
  const echo = await openEcho();
  cleanups.push(echo.close);
  const [port] = await child.call('open', { ports: [echo.port], oneWayMs: 3, jitterMs: 1, seed: 1 });
  expect((await measuredAt(port as number)).mean).toBeGreaterThanOrEqual(3);
  await child.call('close', undefined);
  expect((await once(connectTo(port as number), 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
});
