import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Relay } from '../../harness/relay.ts';

/**
 * Passes bytes on between clients and whatever port they name in their first two bytes, and resets a share
 * of the connections, each after a random time:
 *
 *     client  ──port, GET …──►  relay  ──GET …──►  server
 *             ◄──[7]─[8   RST ╳       ╳ RST
 *
 * `share` is from 0 to 1; `withinMs` the most that a connection lives which is going to be reset.
 */
export async function openRelay(share: number, withinMs: number, random: () => number) {
  /** Connections that came, and those of them that were reset. */
  const counts = { connections: 0, resets: 0 };
  const onConnection = (near: Socket) => {
    counts.connections += 1;
    // Drawn for every connection, so that one more or less does not change the others' fate.
    const [isReset, afterMs] = [random() < share, random() * withinMs];
    if (isReset) setTimeout(() => reset(near), afterMs);
  };

  function reset(socket: Socket): void {
    if (socket.destroyed) return;
    counts.resets += 1;
    socket.resetAndDestroy();
  }

  const relay = new Relay({ onConnection });
  return { port: await relay.open(namedPort), counts, close: () => void relay.close() };
}

async function namedPort(near: Socket): Promise<number | undefined> {
  await once(near, 'readable');
  return (near.read(2) as Buffer | null)?.readUInt16BE();
}
