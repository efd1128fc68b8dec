import { expect, it } from 'vitest';
import { getsOnSchedule, windowOf, windowPerSecond } from './models.ts';

it('a window lets through as much as fits into a round trip', () => {
  expect(windowPerSecond(1, 5)).toBe(100);
  expect(windowPerSecond(10, 5)).toBe(1000);
  expect(windowPerSecond(10, 20)).toBe(250);
  expect(windowPerSecond(0, 5)).toBe(Number.POSITIVE_INFINITY);
});

it('gets wait as a short poll does, and come back empty once per slot', () => {
  const messages = [10, 60, 70, 160].map((atMs) => ({ dueMs: atMs, atMs }));
  // One slot every 100 ms, at 50 and 150: waits of 40, 90, 80 and 90.
  const model = getsOnSchedule({ messages, oneWayMs: 0, durationMs: 200 }, [50], 100);
  expect(model.meanMs).toBeCloseTo(75, 9);
  // Two slots and four messages in 200 ms.
  expect(model.requestsPerSecond).toBeCloseTo(30, 9);
  expect(model.emptyShare).toBeCloseTo(2 / 6, 9);
});

it('knows how many messages may be under way to a consumer', () => {
  expect(windowOf({ transport: 'amqp', prefetch: 100 })).toBe(100);
  expect(windowOf({ transport: 'amqp' })).toBe(0);
  expect(windowOf({ transport: 'amqp-get' })).toBe(1);
  expect(windowOf({ transport: 'mqtt', qos: 0 })).toBe(0);
  expect(windowOf({ transport: 'mqtt', qos: 1 })).toBe(10);
});
