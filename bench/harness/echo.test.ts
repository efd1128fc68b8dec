import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { nowMs } from '../../servers/meter/clock.ts';
import { measureOneWay, openEcho } from './echo.ts';

it('measures the way there and back, and halves it', async () => {
  const echo = await openEcho();
  const measured = await measureOneWay(echo.port, nowMs() + 200, 5, () => 0.5);
  expect(measured.delay.count).toBeGreaterThan(0);
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
  const measured = await measureOneWay(port, nowMs() + 400, 5, () => 0.5);
  expect(connections).toBeGreaterThan(1);
  expect(measured.delay.count).toBeGreaterThan(1);
  server.close();
});
