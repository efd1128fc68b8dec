import { describe, expect, it } from 'vitest';
import * as models from './models.ts';

describe('push', () => {
  it('reaches the clients of a fan-out one after the other', () => {
    expect(models.pushMeanMs(5, 1000, 0.01)).toBe(10);
    expect(models.pushLastMs(5, 1000, 0.01)).toBe(15);
  });
});

describe('short poll', () => {
  it('delays a message by half its interval on average', () => {
    expect(models.shortPollMeanMs(1000, 20)).toBe(520);
  });

  it('is uniform over its interval', () => {
    expect([0, 20, 520, 1020, 2000].map((ms) => models.shortPollShareWithin(ms, 1000, 20))).toEqual([
      0, 0, 0.5, 1, 1,
    ]);
  });

  it('sends N/T requests a second, of which e^(−λT) find nothing', () => {
    expect(models.shortPollRequestsPerSecond(500, 2000)).toBe(250);
    expect(models.emptyPollShare('poisson', 2, 500)).toBeCloseTo(Math.exp(-1), 12);
    expect(models.emptyPollShare('periodic', 0.5, 500)).toBe(0.75);
    expect(models.emptyPollShare('periodic', 4, 500)).toBe(0);
  });

  it('can be no fresher than N/R', () => {
    expect(models.freshestIntervalMs(1000, 5000)).toBe(200);
  });
});

describe('long poll', () => {
  it('is between one transit and three', () => {
    expect(models.longPollMeanMs(0.001, 40)).toBeCloseTo(40, 1);
    expect(models.longPollMeanMs(10_000, 40)).toBeLessThan(120);
    expect(models.longPollMeanMs(50, 40)).toBeGreaterThan(40);
  });

  it('asks once per hold when there is nothing, once per message when there is much', () => {
    expect(models.longPollRequestsPerSecond('poisson', 0, 20_000)).toBe(0.05);
    expect(models.longPollRequestsPerSecond('periodic', 0, 20_000)).toBe(0.05);
    expect(models.longPollRequestsPerSecond('poisson', 100, 20_000)).toBeCloseTo(100, 6);
    expect(models.longPollRequestsPerSecond('periodic', 0.5, 25_000)).toBe(0.5);
    expect(models.longPollRequestsPerSecond('periodic', 0.1, 4000)).toBeCloseTo(0.3, 6);
  });
});

describe('an overwhelmed client', () => {
  it('lets the surplus pile up, the kernel’s share first', () => {
    expect(models.overwhelmedBacklogBytes(1000, 100, 40, 1000, 0)).toBe(60_000);
    expect(models.overwhelmedBacklogBytes(1000, 100, 40, 1000, 100_000)).toBe(0);
    expect(models.overwhelmedBacklogBytes(1000, 40, 100, 1000, 0)).toBe(0);
  });

  it('falls behind by 1 − μ/λ of the time', () => {
    expect(models.overwhelmedAgeMs(2000, 100, 25)).toBe(1500);
    expect(models.overwhelmedAgeMs(2000, 25, 100)).toBe(0);
  });
});
