import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** How phones reach this machine. */
export type Network = {
  /** The address to listen on. */
  readonly host: string;
  /** The address that the join link names; `undefined` where only this machine can join. */
  readonly address: string | undefined;
  /** Every host name under which this machine's pages may have been loaded. */
  readonly hostnames: readonly string[];
};

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/** Only this machine can join. */
export const loopbackOnly: Network = { host: '127.0.0.1', address: undefined, hostnames: loopbackNames };

/** An address of this machine in a network, with its interface. */
export type Address = { name: string; address: string };

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/**
 * Phones of this network can join, at the address that was asked for or at the one that they most probably reach.
 * The laptop of a class may change networks, so everything is read again whenever it is needed.
 */
export class Lan implements Network {
  readonly host = '0.0.0.0';
  readonly #wanted: string | undefined;
  readonly #interfaces: () => Interfaces;
  /** The address from which this machine reaches other networks, as the operating system last said. */
  #routed: string | undefined;

  constructor(wanted: string | undefined, interfaces: () => Interfaces = networkInterfaces) {
    this.#wanted = wanted;
    this.#interfaces = interfaces;
  }

  get address(): string | undefined {
    return this.#wanted ?? this.addresses[0]?.address;
  }

  /** The addresses of this machine, the one that phones most probably reach first. */
  get addresses(): Address[] {
    return addressesOf(this.#interfaces(), this.#routed);
  }

  get hostnames(): readonly string[] {
    const own = this.addresses.map(({ address }) => address);
    return [...new Set([...(this.#wanted ? [this.#wanted] : []), ...own, ...loopbackNames])];
  }

  /** Asks the operating system which address it uses towards other networks. Sends nothing. */
  async refresh(): Promise<void> {
    this.#routed = await routedAddress();
  }
}

/** IPv4 addresses that others may reach, the most probable first. `routed`: the one towards other networks. */
export function addressesOf(interfaces: Interfaces, routed: string | undefined): Address[] {
  return Object.entries(interfaces)
    .flatMap(([name, infos = []]) =>
      infos
        .filter(({ internal, family }) => !internal && family === 'IPv4')
        .map(({ address, mac }) => ({ name, address, rank: rankOf(name, address, mac, routed) })),
    )
    .sort((a, b) => a.rank - b.rank)
    .map(({ name, address }) => ({ name, address }));
}

/** Interfaces of containers, virtual machines and VPNs: phones in the room do not reach them. */
const virtual =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|vEthernet|utun|tun|tap|wg|zt|tailscale|cni|flannel|lxc|podman)/i;

function rankOf(name: string, address: string, mac: string, routed: string | undefined): number {
  if (address.startsWith('169.254.')) return 3;
  // Docker gives its bridges and containers addresses that begin with 02:42.
  if (virtual.test(name) || mac.startsWith('02:42:')) return 2;
  return address === routed ? 0 : 1;
}

async function routedAddress(): Promise<string | undefined> {
  const socket = createSocket('udp4');
  try {
    // An address for documentation (RFC 5737). Connecting a datagram socket sends no packet.
    socket.connect(9, '192.0.2.1');
    await Promise.race([
      once(socket, 'connect'),
      once(socket, 'error').then(([error]) => Promise.reject(error)),
    ]);
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** Whether phones could be told this address: an IPv4 address. */
export function isAddress(text: string): boolean {
  return isIPv4(text);
}
