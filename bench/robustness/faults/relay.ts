import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay that resets connections. */
export type Relay = {
  port: number;
  /** Connections that came, and those of them that were reset. */
  counts: { connections: number; resets: number };
  close(): void;
};

/**
 * Passes bytes on between clients and whatever port they name in their first two bytes, and resets a share
 * of the connections, each after a random time:
 *
 *     client  ──port, GET …──►  relay  ──GET …──►  server
 *             ◄──[7]─[8   RST ╳       ╳ RST
 *
 * `share` is from 0 to 1; `withinMs` the most that a connection lives which is going to be reset.
 */
export async function openRelay(share: number, withinMs: number, random: () => number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const counts = { connections: 0, resets: 0 };
  const server = createServer({ noDelay: true }, (near) => {
    keep(near);
    near.once('readable', () => {
      const meant = near.read(2) as Buffer | null;
      if (!meant || meant.length < 2) return near.destroy();
      const far = connect({ port: meant.readUInt16BE(), host: '127.0.0.1', noDelay: true });
      keep(far);
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
    counts.connections += 1;
    // Drawn for every connection, so that one more or less does not change the others' fate.
    const [isReset, afterMs] = [random() < share, random() * withinMs];
    if (isReset) setTimeout(() => reset(near), afterMs);
  });

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  }

  function reset(socket: Socket): void {
    if (socket.destroyed) return;
    counts.resets += 1;
    socket.resetAndDestroy();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
