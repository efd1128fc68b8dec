import type { Socket } from 'node:net';
import { type ChannelModel, connect } from 'amqplib';
import type { InFlight } from './in-flight.ts';

/** A connection by AMQP 0.9.1 that is opened again when it is lost, as both kinds of AMQP consumers use it. */
export type AmqpConnection = {
  /** Ends it at once and without a word, as when a process dies. */
  cut(): void;
};

/**
 * Connects, and makes with `setUp` whatever each connection needs. Resolves when that is done for the first
 * time; rejects when the broker can't be reached, or refuses.
 */
export async function openAmqp(
  url: string,
  inFlight: InFlight,
  setUp: (model: ChannelModel) => Promise<void>,
): Promise<AmqpConnection> {
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
        await setUp(model);
      },
    },
  });
  connection.on('error', () => {}); // It is followed by 'disconnect'.
  connection.on('disconnect', ({ message }: Error) => inFlight.lose(message));
  return {
    cut() {
      inFlight.close();
      void connection.close();
      // The library has no other way to leave without saying goodbye.
      (current?.connection as unknown as { stream: Socket } | undefined)?.stream.destroy();
    },
  };
}
