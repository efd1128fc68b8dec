import { type AmqpConnection, openAmqp } from './amqp-connection.ts';
import { type Consuming, type ConsumingOptions, InFlight } from './in-flight.ts';

/**
 * Receives from a RabbitMQ queue by AMQP's `basic.consume`: the broker pushes.
 *
 *     consumer  ──prefetch 2, consume──►                  ──ack 7──►
 *     broker                              ◄──[7]──[8]──              ◄──[9]──
 *
 * Costs an open connection, and an acknowledgement for each message. The prefetch is the credit of a push client under
 * another name: it limits the unacknowledged messages, the rest waits in the queue. Without one the broker sends
 * everything, and it piles up here. There is nothing to pause: a busy consumer doesn't acknowledge.
 */
export function amqpConsumer(options: ConsumingOptions): Consuming {
  const { url, queue, prefetch = 0 } = options;
  const inFlight = new InFlight(options.after);
  let connection: AmqpConnection | undefined;

  return {
    inFlight,
    ledger: inFlight.ledger,
    counters: inFlight.counters,
    async start(onMessage) {
      inFlight.open(onMessage);
      connection = await openAmqp(url, inFlight, async (model) => {
        inFlight.counters.requests += 1;
        const channel = await model.createChannel();
        channel.on('error', () => void model.close().catch(() => {}));
        if (prefetch > 0) await channel.prefetch(prefetch);
        await channel.consume(queue, (delivery) => {
          if (!delivery) return;
          const { content, fields } = delivery;
          inFlight.take(String(content), fields.redelivered, () => channel.ack(delivery));
        });
      });
    },
    pause() {},
    resume() {},
    handled: (count) => inFlight.handled(count),
    stop: () => connection?.cut(),
  };
}
