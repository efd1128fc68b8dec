import { amqpConsumer } from './amqp.ts';
import { type AmqpGetOptions, amqpGetConsumer } from './amqp-get.ts';
import type { Consuming } from './hand.ts';
import { mqttConsumer } from './mqtt.ts';
import type { Openers } from './openers.ts';
import { stompConsumer } from './stomp.ts';
import type { BrokerTransportName } from './transports.ts';

/** Every way of consuming from a broker, by name, with the protocol that its URL is of. */
export const consumersByName: Record<
  BrokerTransportName,
  {
    protocol: 'amqp' | 'mqtt' | 'stomp';
    open: (options: AmqpGetOptions, openers: Pick<Openers, 'tcp'>) => Consuming;
  }
> = {
  amqp: { protocol: 'amqp', open: amqpConsumer },
  'amqp-get': { protocol: 'amqp', open: amqpGetConsumer },
  mqtt: { protocol: 'mqtt', open: mqttConsumer },
  stomp: { protocol: 'stomp', open: stompConsumer },
};
