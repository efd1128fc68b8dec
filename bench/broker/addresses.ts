import type { BrokerTransportName } from '../../clients/transports.ts';
import { inUrl } from '../../servers/address.ts';
import { parseRabbitUrl } from '../../servers/source/rabbit-address.ts';

/** Where a broker listens: a URL for each protocol, name and password included. */
export type BrokerAddresses = { amqp: string; mqtt: string; stomp: string };

/**
 * Reads where a RabbitMQ is that runs already: `amqp://name:password@host:port/vhost`, and `?mqtt=` and
 * `?stomp=` where these have other ports than 1883 and 61613.
 * Throws an `Error` that says what was expected, and repeats nothing of the URL.
 */
export function addressesOf(url: string): BrokerAddresses {
  const { protocol, hostname, port, username, password, vhost } = parseRabbitUrl(url);
  const { searchParams } = new URL(url);
  const urlOf = (scheme: string, name: string, at: number, path: string) =>
    `${scheme}://${encodeURIComponent(name)}:${encodeURIComponent(password)}@${inUrl(hostname)}:${at}${path}`;
  const path = vhost === '/' ? '' : `/${encodeURIComponent(vhost)}`;
  return {
    amqp: urlOf(protocol, username, port, path),
    // MQTT has no place for a virtual host but the name.
    mqtt: urlOf('mqtt', vhost === '/' ? username : `${vhost}:${username}`, portOf('mqtt', 1883), ''),
    stomp: urlOf('stomp', username, portOf('stomp', 61_613), path),
  };

  function portOf(parameter: string, usual: number): number {
    const given = searchParams.get(parameter) ?? usual;
    if (Number.isInteger(Number(given)) && Number(given) > 0 && Number(given) < 65_536) return Number(given);
    throw new Error(`expected a port from 1 to 65535 as ${parameter} in the URL, got "${given}"`);
  }
}

/** Which of the addresses a consumer needs. */
export function protocolOf(transport: BrokerTransportName): keyof BrokerAddresses {
  return transport === 'amqp-get' ? 'amqp' : transport;
}

/** Whether the broker is on this machine, so that distance can be put before it. */
export function isOnThisMachine({ amqp }: BrokerAddresses): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(amqp).hostname);
}
