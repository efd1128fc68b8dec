import type { Channel } from 'amqplib';
import { type SlotOptions, Slots } from '../shared/slots.ts';
import { setTimer } from '../shared/timer.ts';
import { openAmqp } from './amqp-connection.ts';
import { type Consuming, type ConsumingOptions, consuming, InFlight } from './in-flight.ts';

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
  const inFlight = new InFlight(options.after);
  const { counters } = inFlight;
  const slots = new Slots(options, () => 0, counters);
  let cut = () => {};
  let channel: Channel | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let paused = false;
  let stopped = false;

  /** Gets until the queue is empty. Rejects when the channel is closed; the next slot finds another one. */
  async function getAll(from: Channel): Promise<void> {
    while (!paused && !stopped) {
      counters.requests += 1;
      const delivery = await from.get(options.queue);
      if (!delivery) {
        counters.empty += 1;
        return;
      }
      inFlight.take(String(delivery.content), delivery.fields.redelivered, () => from.ack(delivery));
    }
  }

  async function onSlot(): Promise<void> {
    waitForSlot();
    if (asking || paused || !channel) {
      counters.missedSlots += 1;
      return;
    }
    asking = true;
    await getAll(channel).catch(() => {});
    asking = false;
  }

  function waitForSlot(): void {
    if (!stopped) timer = setTimer(onSlot, slots.next());
  }

  return consuming(inFlight, {
    async start() {
      cut = await openAmqp(options.url, inFlight, async (opened) => {
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
    stop() {
      stopped = true;
      clearTimeout(timer);
      cut();
    },
  });
}
