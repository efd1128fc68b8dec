import { connect, type MqttClient } from 'mqtt';
import { type Consuming, type ConsumingOptions, consuming, InFlight } from './in-flight.ts';

/**
 * Receives from a broker by MQTT: subscribes to a topic, and the broker pushes.
 *
 *     QoS 1   consumer  ──subscribe──►                ──PUBACK 7──►               the session outlives the
 *             broker                   ◄──[7]──[8]──                ◄──[9]──      connection: at least once
 *
 *     QoS 0   consumer  ──subscribe──►                                            nothing is acknowledged,
 *             broker                   ◄──[7]──[8]──[9]──[10]──[11]──             nothing is kept: at most once
 *
 * RabbitMQ allows ten unacknowledged messages of QoS 1 (its setting `mqtt.prefetch`). mqtt.js hands over one at a
 * time: the others wait in the socket, and are not counted as in flight here. By default mqtt.js acknowledges a message
 * as it hands it over; here it waits until the message is handled, or the prefetch would limit nothing.
 */
export function mqttConsumer(options: ConsumingOptions): Consuming {
  const { url, queue, topic, qos = 1 } = options;
  const inFlight = new InFlight(options.after);
  let client: MqttClient | undefined;
  /** Lets the library go on. It comes after its message, which may be handled by then. */
  let goOn: (() => void) | undefined;
  let isHandled = true;

  function acknowledge(): void {
    isHandled = true;
    goOn?.();
  }

  return consuming(inFlight, {
    start: () =>
      new Promise((resolve, reject) => {
        const connected = connect(url, {
          clientId: queue,
          clean: qos === 0,
          protocolVersion: 4,
          reconnectPeriod: 200,
          connectTimeout: 5000,
        });
        client = connected;
        connected.on('message', (_topic, payload, packet) => {
          isHandled = qos === 0;
          goOn = undefined;
          inFlight.take(String(payload), packet.dup, qos === 0 ? () => {} : acknowledge);
        });
        connected.handleMessage = (_packet, done) => {
          if (isHandled) done();
          else goOn = () => done();
        };
        connected.on('error', reject);
        connected.on('close', () => inFlight.lose('the broker closed the connection'));
        connected.once('connect', ({ sessionPresent }) => {
          inFlight.counters.requests += 1;
          // The session has the subscription, and the broker sends what came while the consumer was away.
          if (sessionPresent) return resolve();
          connected.subscribe(topic, { qos }, (error) => (error ? reject(error) : resolve()));
        });
      }),
    stop: () => void client?.removeAllListeners('close').end(true),
  });
}
