import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Http } from './shared/openers.ts';
import { shortPollClient } from './short-poll.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that takes `answerMs` for a response without messages. */
function pollWith(options: { intervalMs: number; phaseMs: number; answerMs?: number }) {
  const startMs = performance.now();
  const askedAtMs: number[] = [];
  const http: Http = {
    async ask() {
      askedAtMs.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, options.answerMs ?? 0));
      return { status: 200, text: '{"messages":[],"next":"log1:0","missed":0}' };
    },
    close() {},
  };
  const client = shortPollClient(
    { url: '', nowMs: () => performance.now(), ...options },
    { http: () => http },
  );
  return { client, askedAtMs };
}

it('asks at its slots, once at the start to subscribe', async () => {
  const { client, askedAtMs } = pollWith({ intervalMs: 100, phaseMs: 30 });
  void client.start(() => {});
  await vi.advanceTimersByTimeAsync(350);
  client.stop();
  expect(askedAtMs).toEqual([0, 30, 130, 230, 330]);
  expect(client.counters).toMatchObject({ requests: 5, empty: 5, missedSlots: 0 });
});

it('keeps to its schedule when the server is slow, and counts the slots that it missed', async () => {
  const { client, askedAtMs } = pollWith({ intervalMs: 100, phaseMs: 50, answerMs: 120 });
  void client.start(() => {});
  await vi.advanceTimersByTimeAsync(700);
  client.stop();
  expect(askedAtMs).toEqual([0, 150, 350, 550]);
  expect(client.counters.missedSlots).toBe(3);
});

it('asks for nothing while it is paused', async () => {
  const { client, askedAtMs } = pollWith({ intervalMs: 100, phaseMs: 50 });
  void client.start(() => {});
  await vi.advanceTimersByTimeAsync(100);
  client.pause();
  await vi.advanceTimersByTimeAsync(300);
  client.resume();
  await vi.advanceTimersByTimeAsync(100);
  client.stop();
  expect(askedAtMs).toEqual([0, 50, 450]);
  expect(client.counters.missedSlots).toBe(3);
});

it('polls once, to subscribe, when its interval is infinite', async () => {
  const { client, askedAtMs } = pollWith({ intervalMs: Number.POSITIVE_INFINITY, phaseMs: 0 });
  void client.start(() => {});
  await vi.advanceTimersByTimeAsync(1000);
  client.stop();
  expect(askedAtMs).toEqual([0]);
});
