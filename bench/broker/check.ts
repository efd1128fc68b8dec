import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { consumersByName } from '../../clients/broker/broker-clients.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import { parseRabbitUrl, rabbitProblem } from '../../servers/source/rabbit-address.ts';
import type { BrokerAddresses } from './addresses.ts';

/** How long a protocol may take to answer. */
const answerLimitMs = 5000;

const plugins = [
  { protocol: 'mqtt', name: 'MQTT', plugin: 'rabbitmq_mqtt' },
  { protocol: 'stomp', name: 'STOMP', plugin: 'rabbitmq_stomp' },
] as const;

/**
 * Asks whether a broker can be used: by AMQP, and by each protocol that a plugin brings. Returns what is
 * wrong and what to do, in one line without name and password; `undefined` when all is well.
 */
export async function brokerProblem(addresses: BrokerAddresses): Promise<string | undefined> {
  const address = parseRabbitUrl(addresses.amqp);
  let connection: Awaited<ReturnType<typeof connect>>;
  try {
    connection = await connect(addresses.amqp, { noDelay: true, timeout: answerLimitMs });
  } catch (error) {
    return rabbitProblem(address, error);
  }
  connection.on('error', () => {});
  try {
    const channel = await connection.createChannel();
    const queue = `lab-check-${randomUUID()}`;
    await channel.assertQueue(queue, { exclusive: false, autoDelete: true, durable: false, expires: 60_000 });
    for (const { protocol, name, plugin } of plugins) {
      const why = await refusalOf(protocol, addresses[protocol], queue);
      const { hostname, port } = new URL(addresses[protocol]);
      if (why !== undefined)
        return `found no ${name} at ${hostname}:${port} (${why}): enable it there with "rabbitmq-plugins enable ${plugin}", or set its port in the URL with ?${protocol}=PORT`;
    }
    return undefined;
  } catch (error) {
    return rabbitProblem(address, error);
  } finally {
    await connection.close().catch(() => {});
  }
}

/** Consumes from an empty queue by this protocol. Returns why that was refused, if it was. */
async function refusalOf(
  protocol: 'mqtt' | 'stomp',
  url: string,
  queue: string,
): Promise<string | undefined> {
  const consumer = consumersByName[protocol](
    { url, queue, topic: queue, qos: 0, intervalMs: 0 },
    nodeOpeners,
  );
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no response within ${answerLimitMs / 1000} s`)),
      answerLimitMs,
    );
  });
  try {
    await Promise.race([consumer.start(() => {}), tooLate]);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? ((error as Error).message || 'no reason given');
  } finally {
    clearTimeout(timer);
    consumer.stop();
  }
}
