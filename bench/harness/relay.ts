import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { hostOf, inUrl } from '../../servers/address.ts';

/**
 * A way to a broker of this machine that tests can cut: what then happens is what a network does to whoever
 * goes by it, and to nobody else.
 */
export type Relay = {
  /** The broker's URL, by this way. */
  url: string;
  /** Breaks every connection at once, without a word. Whoever connects again may. */
  cut(): void;
  /** Breaks every connection, and takes none until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
};

/** Opens a way to the broker at this URL, on `host` and any free port. */
export async function openRelay(brokerUrl: string, host = '127.0.0.1'): Promise<Relay> {
  const sockets = new Set<Socket>();
  const far = new URL(brokerUrl);
  const server = createServer((near) => {
    const there = connect(Number(far.port), hostOf(far));
    near.pipe(there).pipe(near);
    for (const socket of [near, there]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        near.destroy();
        there.destroy();
      });
    }
  });
  const listen = async (port: number) => {
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const port = await listen(0);
  const url = new URL(brokerUrl);
  url.hostname = inUrl(host);
  url.port = String(port);
  return {
    url: url.href,
    cut,
    async goAway() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
    async comeBack() {
      await listen(port);
    },
  };
}
