import { type AmqpConnection, openAmqp } from './amqp-connection.ts';
import { type Consuming, type ConsumingOptions, Hand } from './in-flight.ts';

/**
 * Receives from a RabbitMQ queue by AMQP's `basic.consume`: the broker pushes.
 *
 *     consumer  ──prefetch 2, consume──►                  ──ack 7──►
 *     broker                              ◄──[7]──[8]──              ◄──[9]──
 *
 * Costs an open connection, and an acknowledgement for each message. The prefetch is the credit of a
 * push client under another name: so many messages may be unacknowledged, the rest waits in the queue.
 * Without one the broker sends all that it has, and it piles up here. There is nothing to pause: not
 * acknowledging is how this consumer says that it is busy.
 */
export function amqpConsumer(options: ConsumingOptions): Consuming {
  const { url, queue, prefetch = 0 } = options;
  const hand = new Hand(options.after);
  let connection: AmqpConnection | undefined;

  return {
    hand,
    ledger: hand.ledger,
    counters: hand.counters,
    async start(onMessage) {
      hand.open(onMessage);
      connection = await openAmqp(url, hand, async (model) => {
        hand.counters.requests += 1;
        const channel = await model.createChannel();
        channel.on('error', () => void model.close().catch(() => {}));
        if (prefetch > 0) await channel.prefetch(prefetch);
        await channel.consume(queue, (delivery) => {
          if (!delivery) return;
          const { content, fields } = delivery;
          hand.take(String(content), fields.redelivered, () => channel.ack(delivery));
        });
      });
    },
    pause() {},
    resume() {},
    handled: (count) => hand.handled(count),
    stop: () => connection?.cut(),
  };
}
