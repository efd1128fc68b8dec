import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { nowMs } from '../../../servers/meter/clock.ts';
import { measureOneWay, openEcho } from './echo.ts';

/** Measures for as long as a busy machine needs to have so many answers. */
async function measureUntil(port: number, count: number, begin = () => {}): Promise<void> {
  for (let windowMs = 200; ; windowMs *= 2) {
    begin();
    const { delay } = await measureOneWay(port, nowMs() + windowMs, 5, () => 0.5);
    if (delay.count >= count) return;
  }
}

it('measures the way there and back, and halves it', async () => {
  const echo = await openEcho();
  await measureUntil(echo.port, 1);
  echo.close();
});

it.each([
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ['ended', (socket: Socket) => socket.end()],
] as const)('goes on with another connection when one is %s', async (_how, cut) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    // Of each connection only the first byte comes back.
    socket.once('data', (byte) => socket.write(byte, () => socket.once('data', () => cut(socket))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await measureUntil(port, 2, () => {
    connections = 0;
  });
  expect(connections).toBeGreaterThan(1);
  server.close();
});
