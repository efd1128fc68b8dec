import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { nowMs } from '../../../servers/meter/clock.ts';
import { until } from '../process-meter.ts';
import { Recorder } from '../recorder.ts';

/** Sends back whatever it is sent: the far end of a measurement of the way itself. */
export async function openEcho(): Promise<{ port: number; close: () => void }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

/**
 * Measures the way to an echo until `endMs`, a byte at a time, at random instants about `everyMs` apart:
 * half of each round trip is one way. The next byte leaves when the one before has come back, at the earliest.
 * A connection that is lost takes the byte with it that is under way, and another one goes on.
 */
export async function measureOneWay(
  port: number,
  endMs: number,
  everyMs: number,
  random: () => number,
): Promise<Recorder> {
  const recorder = new Recorder();
  while (nowMs() < endMs) {
    try {
      await measureOnOneConnection(port, endMs, everyMs, random, recorder);
    } catch {
      await until(nowMs() + everyMs);
    }
  }
  return recorder;
}

async function measureOnOneConnection(
  port: number,
  endMs: number,
  everyMs: number,
  random: () => number,
  recorder: Recorder,
): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  // An end without an error would leave the byte that is under way unanswered for ever.
  const lost = once(socket, 'close').then(() => {
    throw new Error('lost the connection to the echo server');
  });
  lost.catch(() => {});
  try {
    await once(socket, 'connect');
    for (let atMs = nowMs(); atMs < endMs; atMs = Math.max(nowMs(), atMs + 2 * everyMs * random())) {
      await until(atMs);
      const startMs = nowMs();
      const answered = once(socket, 'data');
      socket.write('.');
      await Promise.race([answered, lost]);
      recorder.record((nowMs() - startMs) / 2);
    }
  } finally {
    socket.destroy();
  }
}
