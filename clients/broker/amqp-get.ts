import type { Channel } from 'amqplib';
import { type SlotOptions, Slots } from '../shared/slots.ts';
import { setTimer } from '../shared/timer.ts';
import { type AmqpConnection, openAmqp } from './amqp-connection.ts';
import { type Consuming, type ConsumingOptions, InFlight } from './in-flight.ts';

/**
 * Receives from a RabbitMQ queue by AMQP's `basic.get`: polls at fixed slots, as a short poll does.
 *
 *     consumer  ──get──►     ──get──►     ──get──►        ──get──►
 *     broker           ◄─[7]─        ◄─[8]─       ◄─empty─        ◄─empty─
 *               |<───────────────── interval ────────────►|
 *
 * The response to a short poll has all messages; a get brings one. So a slot is a get, and another one for each message
 * that arrived: the last one is always empty. Costs a round trip for each get, with or without a message. In return
 * the consumer takes what it can, when it can.
 */
export type AmqpGetOptions = ConsumingOptions & SlotOptions;

export function amqpGetConsumer(options: AmqpGetOptions): Consuming {
  const { url, queue } = options;
  const inFlight = new InFlight(options.after);
  const { counters } = inFlight;
  const slots = new Slots(options, () => 0, counters);
  let connection: AmqpConnection | undefined;
  let channel: Channel | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let paused = false;
  let stopped = false;

  /** Gets until the queue is empty. Rejects when the channel is closed; the next slot finds another one. */
  async function getAll(from: Channel): Promise<void> {
    while (!paused && !stopped) {
      counters.requests += 1;
      const delivery = await from.get(queue);
      if (!delivery) {
        counters.empty += 1;
        return;
      }
      inFlight.take(String(delivery.content), delivery.fields.redelivered, () => from.ack(delivery));
    }
  }

  function onSlot(): void {
    if (asking || paused || !channel) counters.missedSlots += 1;
    else {
      asking = true;
      getAll(channel)
        .catch(() => {})
        .finally(() => {
          asking = false;
        });
    }
    waitForSlot();
  }

  function waitForSlot(): void {
    if (!stopped) timer = setTimer(onSlot, slots.next());
  }

  return {
    inFlight,
    ledger: inFlight.ledger,
    counters,
    async start(onMessage) {
      inFlight.open(onMessage);
      connection = await openAmqp(url, inFlight, async (model) => {
        const opened = await model.createChannel();
        opened.on('error', () => void model.close().catch(() => {}));
        opened.on('close', () => {
          channel = undefined;
        });
        channel = opened;
      });
      slots.restart();
      waitForSlot();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    handled: (count) => inFlight.handled(count),
    stop() {
      stopped = true;
      clearTimeout(timer);
      connection?.cut();
    },
  };
}
