import type { Channel } from 'amqplib';
import type { ShortPollClientOptions } from '../short-poll.ts';
import { type AmqpConnection, openAmqp } from './amqp-connection.ts';
import { type Consuming, type ConsumingOptions, Hand } from './in-flight.ts';

/**
 * Receives from a RabbitMQ queue by AMQP's `basic.get`: asks at fixed slots, as a short poll does.
 *
 *     consumer  ──get──►     ──get──►     ──get──►        ──get──►
 *     broker           ◄─[7]─        ◄─[8]─       ◄─empty─        ◄─empty─
 *               |<───────────────── interval ────────────►|
 *
 * A short poll's answer carries all that there is; a get brings one message. So a slot is a get, and
 * another one for each message that came: the last one always comes back empty. Costs a round trip for
 * each of them, news or none. In return the consumer takes what it can, when it can.
 */
export type AmqpGetOptions = ConsumingOptions &
  Pick<ShortPollClientOptions, 'intervalMs' | 'phaseMs' | 'originMs' | 'nowMs'>;

export function amqpGetConsumer(options: AmqpGetOptions): Consuming {
  const { url, queue, intervalMs, nowMs = () => performance.now() } = options;
  const { originMs = nowMs(), phaseMs = 0 } = options;
  const hand = new Hand(options.after);
  const { counters } = hand;
  let connection: AmqpConnection | undefined;
  let channel: Channel | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let slot = 0;
  let asking = false;
  let paused = false;
  let stopped = false;

  /** Gets until there is nothing more. Rejects when the channel is gone; the next one is there at the next slot. */
  async function getAll(from: Channel): Promise<void> {
    while (!paused && !stopped) {
      counters.requests += 1;
      const delivery = await from.get(queue);
      if (!delivery) {
        counters.empty += 1;
        return;
      }
      hand.take(String(delivery.content), delivery.fields.redelivered, () => from.ack(delivery));
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
    if (stopped) return;
    // A timer may fire a little early; the slot that it stands for is not run twice.
    const next = Math.max(slot, Math.floor((nowMs() - originMs - phaseMs) / intervalMs)) + 1;
    if (slot > 0) counters.missedSlots += next - slot - 1;
    slot = next;
    timer = setTimeout(onSlot, originMs + phaseMs + slot * intervalMs - nowMs());
  }

  return {
    hand,
    ledger: hand.ledger,
    counters,
    async start(onMessage) {
      hand.open(onMessage);
      connection = await openAmqp(url, hand, async (model) => {
        const opened = await model.createChannel();
        opened.on('error', () => void model.close().catch(() => {}));
        opened.on('close', () => {
          channel = undefined;
        });
        channel = opened;
      });
      waitForSlot();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    handled: (count) => hand.handled(count),
    stop() {
      stopped = true;
      clearTimeout(timer);
      connection?.cut();
    },
  };
}
