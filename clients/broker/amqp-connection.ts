import type { Socket } from 'node:net';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import type { InFlight } from './in-flight.ts';

/**
 * Connects by AMQP 0.9.1, and reconnects when the connection is lost; `setUp` gets the channel of each connection.
 * Resolves with a function that ends it at once and without a word, as when a process dies. Rejects when the broker
 * can't be reached, or refuses.
 */
export async function openAmqp(
  url: string,
  inFlight: InFlight,
  setUp: (channel: Channel) => Promise<void>,
): Promise<() => void> {
  let current: ChannelModel | undefined;
  const connection = await connect(url, {
    noDelay: true,
    timeout: 5000,
    recovery: {
      initialMaxRetries: 0,
      maxDelay: 1000,
      setup: async (model: ChannelModel) => {
        current = model;
        model.on('error', () => {}); // It is followed by 'close'.
        const channel = await model.createChannel();
        channel.on('error', () => void model.close().catch(() => {}));
        await setUp(channel);
      },
    },
  });
  connection.on('error', () => {}); // It is followed by 'disconnect'.
  connection.on('disconnect', ({ message }: Error) => inFlight.lose(message));
  return () => {
    void connection.close();
    // The library has no other way to leave without saying goodbye.
    (current?.connection as unknown as { stream: Socket } | undefined)?.stream.destroy();
  };
}
