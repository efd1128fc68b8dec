import { connect, type MqttClient } from 'mqtt';
import { type Consuming, type ConsumingOptions, Hand } from './in-flight.ts';

/**
 * Receives from a broker by MQTT: subscribes to a topic, and the broker pushes.
 *
 *     QoS 1   consumer  ──subscribe──►                ──PUBACK 7──►               the session outlives the
 *             broker                   ◄──[7]──[8]──                ◄──[9]──      connection: at least once
 *
 *     QoS 0   consumer  ──subscribe──►                                            nothing is acknowledged,
 *             broker                   ◄──[7]──[8]──[9]──[10]──[11]──             nothing is kept: at most once
 *
 * RabbitMQ lets ten messages of QoS 1 be unacknowledged (its setting `mqtt.prefetch`). mqtt.js hands
 * over one at a time: what else was sent waits in the socket, and is not counted as held here. It
 * acknowledges what it hands over at once unless it is told to wait; here it waits until the message
 * is handled, or the window would be no credit.
 */
export function mqttConsumer(options: ConsumingOptions): Consuming {
  const { url, queue, topic, qos = 1 } = options;
  const hand = new Hand(options.after);
  let client: MqttClient | undefined;
  /** Lets the library go on; it comes after the message that it belongs to, which may be handled by then. */
  let goOn: (() => void) | undefined;
  let isHandled = true;

  function acknowledge(): void {
    isHandled = true;
    goOn?.();
  }

  return {
    hand,
    ledger: hand.ledger,
    counters: hand.counters,
    start: (onMessage) =>
      new Promise((resolve, reject) => {
        hand.open(onMessage);
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
          hand.take(String(payload), packet.dup, qos === 0 ? () => {} : acknowledge);
        });
        connected.handleMessage = (_packet, done) => {
          if (isHandled) done();
          else goOn = () => done();
        };
        connected.on('error', reject);
        connected.on('close', () => hand.lose('the broker closed the connection'));
        connected.once('connect', ({ sessionPresent }) => {
          hand.counters.requests += 1;
          // The subscription is there as well, and what came meanwhile is on its way already.
          if (sessionPresent) return resolve();
          connected.subscribe(topic, { qos }, (error) => (error ? reject(error) : resolve()));
        });
      }),
    pause() {},
    resume() {},
    handled: (count) => hand.handled(count),
    stop() {
      hand.close();
      client?.removeAllListeners('close').end(true);
    },
  };
}
