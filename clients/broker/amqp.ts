import { openAmqp } from './amqp-connection.ts';
import { type Consuming, type ConsumingOptions, consuming, InFlight } from './in-flight.ts';

/**
 * Receives from a RabbitMQ queue by AMQP's `basic.consume`: the broker pushes.
 *
 *     consumer  ──prefetch 2, consume──►                  ──ack 7──►
 *     broker                              ◄──[7]──[8]──              ◄──[9]──
 *
 * Costs an open connection, and an acknowledgement for each message. The prefetch is the credit of a push client under
 * another name: it limits the unacknowledged messages, the rest waits in the queue. Without one the broker sends
 * everything, and it piles up here.
 */
export function amqpConsumer({ url, queue, prefetch = 0, after }: ConsumingOptions): Consuming {
  const inFlight = new InFlight(after);
  let cut = () => {};

  return consuming(inFlight, {
    async start() {
      cut = await openAmqp(url, inFlight, async (channel) => {
        inFlight.counters.requests += 1;
        if (prefetch > 0) await channel.prefetch(prefetch);
        await channel.consume(queue, (delivery) => {
          if (!delivery) return;
          const { content, fields } = delivery;
          inFlight.take(String(content), fields.redelivered, () => channel.ack(delivery));
        });
      });
    },
    stop: () => cut(),
  });
}
