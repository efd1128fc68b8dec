import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** Programs that others wrote: where they are, and ports for them. */

/** The program at `own` if that is given, else the first of this name in these folders; `undefined`: there is none. */
export function findProgram(
  name: string,
  folders: readonly string[],
  own: string | undefined,
): string | undefined {
  return (own ? [own] : folders.map((folder) => join(folder, name))).find(isProgram);
}

/** The folders on the `PATH`. */
export function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

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
