import type { Message } from '../servers/log/message.ts';
import type { Client, ClientOptions } from './client.ts';
import { backoffMs } from './shared/backoff.ts';
import type { Openers } from './shared/openers.ts';
import { Poll } from './shared/poll.ts';

/**
 * Receives by short polling: asks at fixed slots, whatever the answers are.
 *
 *     slots       |         |         |         |         |
 *     client   ──►|◄──   ──►|◄──   ──►|···········|◄──  ──►|◄──
 *                                      a slow answer: this slot is missed, and counted
 *
 * The schedule does not slip when the server is slow, so a slow server shows up as missed slots and
 * old messages instead of a politely slower client. Costs a request per interval, news or none.
 */
export type ShortPollClientOptions = ClientOptions & {
  /** Time from slot to slot. */
  intervalMs: number;
  /** Where in the interval this client's slots stand, so that a crowd can be spread evenly. Default: at random. */
  phaseMs?: number;
  /** The instant from which slots are counted, in the units of `nowMs`. Default: the start. */
  originMs?: number;
  /** A monotonic clock. Default `performance.now`. */
  nowMs?: () => number;
};

export function shortPollClient(options: ShortPollClientOptions, openers: Pick<Openers, 'http'>): Client {
  const { intervalMs, random = Math.random, nowMs = () => performance.now() } = options;
  const { originMs = nowMs(), phaseMs = random() * intervalMs } = options;
  const poll = new Poll(options, openers);
  const { counters } = poll;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let paused = false;
  let stopped = false;
  let slot = 0;
  let handle: (message: Message) => void = () => {};

  async function ask(): Promise<void> {
    asking = true;
    try {
      do for (const message of await poll.ask()) handle(message);
      while (poll.more && !paused && !stopped);
    } catch {
      // It is counted; the next slot is the next try.
    }
    asking = false;
  }

  function waitForSlot(): void {
    if (stopped) return;
    // A timer may fire a little early; the slot that it stands for is not run twice.
    const next = Math.max(slot, Math.floor((nowMs() - originMs - phaseMs) / intervalMs)) + 1;
    counters.missedSlots += Math.max(0, next - slot - 1);
    slot = next;
    timer = setTimeout(onSlot, originMs + phaseMs + slot * intervalMs - nowMs());
  }

  function onSlot(): void {
    if (asking || paused) counters.missedSlots += 1;
    else void ask();
    waitForSlot();
  }

  return {
    ledger: poll.ledger,
    counters,
    async start(onMessage) {
      handle = onMessage;
      for (let failures = 1; !poll.ledger.cursor && !stopped; failures += 1) {
        await ask();
        if (!poll.ledger.cursor)
          await new Promise((next) => setTimeout(next, backoffMs(failures, random, options.backoff)));
      }
      slot = Math.floor((nowMs() - originMs - phaseMs) / intervalMs);
      waitForSlot();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    publish: (body, dueMs) => poll.publish(body, dueMs),
    stop() {
      stopped = true;
      clearTimeout(timer);
      poll.close();
    },
  };
}
