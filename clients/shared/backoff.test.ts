import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('doubles its limit with every failure, up to ten seconds', () => {
  const limits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((failures) => backoffMs(failures, () => 1));
  expect(limits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

it('waits a random part of the limit', () => {
  expect(backoffMs(3, () => 0.25)).toBe(100);
});

it('waits a fixed time, or not at all', () => {
  expect([1, 9].map((failures) => backoffMs(failures, () => 0.5, 'fixed'))).toEqual([1000, 1000]);
  expect([1, 9].map((failures) => backoffMs(failures, () => 0.5, 'immediate'))).toEqual([0, 0]);
});
