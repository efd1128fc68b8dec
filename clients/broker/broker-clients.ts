import type { Openers } from '../shared/openers.ts';
import type { BrokerTransportName } from '../transports.ts';
import { amqpConsumer } from './amqp.ts';
import { type AmqpGetOptions, amqpGetConsumer } from './amqp-get.ts';
import type { Consuming } from './in-flight.ts';
import { mqttConsumer } from './mqtt.ts';
import { stompConsumer } from './stomp.ts';

export const consumersByName: Record<
  BrokerTransportName,
  (options: AmqpGetOptions, openers: Pick<Openers, 'tcp'>) => Consuming
> = {
  amqp: amqpConsumer,
  'amqp-get': amqpGetConsumer,
  mqtt: mqttConsumer,
  stomp: stompConsumer,
};
