import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux (32768 and up) and macOS (49152 and up) give out by themselves. */
const lowest = 20_000;
const highest = 32_000;

/**
 * `count` ports in a row on the loopback address that were free a moment ago, for programs that are told
 * their ports before they listen. They are none of those the system gives out by itself: until the program
 * listens, no connection of anybody else's takes one of them.
 *
 * Rejects after 200 places where one of them was taken.
 */
export async function freePorts(count: number): Promise<number[]> {
  for (let attemptsLeft = 200; attemptsLeft > 0; attemptsLeft -= 1) {
    const first = randomInt(lowest, highest - count);
    const ports = Array.from({ length: count }, (_, place) => first + place);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
  throw new Error(`found no ${count} free ports in a row between ${lowest} and ${highest}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
