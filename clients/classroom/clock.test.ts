import { describe, expect, it } from 'vitest';
import { ServerClock } from './clock.ts';

describe('the server’s clock', () => {
  it('is unknown at first', () => {
    const clock = new ServerClock();
    expect(clock.isKnown).toBe(false);
    expect(clock.uncertaintyMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes the middle of the quickest round trip, and is half of that uncertain', () => {
    const clock = new ServerClock();
    clock.enter(1000, 1040, 51_100);
    clock.enter(2000, 2004, 52_002);
    clock.enter(3000, 3200, 53_150);
    expect(clock.uncertaintyMs).toBe(2);
    expect(clock.at(4000)).toBe(54_000);
  });

  it('is never further off than it says, however lopsided the ways are', () => {
    const clock = new ServerClock();
    const offset = 500;
    clock.enter(0, 10, offset + 10);
    expect(Math.abs(clock.offsetMs - offset)).toBeLessThanOrEqual(clock.uncertaintyMs);
  });

  it('lets go of a sample after a minute, since clocks drift', () => {
    const clock = new ServerClock();
    clock.enter(0, 2, 1001);
    clock.enter(61_000, 61_020, 62_510);
    expect(clock.uncertaintyMs).toBe(10);
    expect(clock.offsetMs).toBe(1500);
  });
});

it('is right at once after a sleep in which the page’s own clock stood still', () => {
  const clock = new ServerClock();
  // Sixty good samples, the page and the server 1000 ms apart.
  for (let second = 0; second < 60; second += 1)
    clock.enter(second * 1000, second * 1000 + 4, second * 1000 + 2 + 1000);
  expect(clock.at(60_000)).toBe(61_000);
  // Five minutes asleep: the server's clock went on. This sample is worse, and the only one that is right.
  clock.enter(60_000, 60_050, 60_025 + 1000 + 300_000);
  expect(clock.at(60_100)).toBe(60_100 + 301_000);
  expect(clock.uncertaintyMs).toBe(25);
});

it('keeps a better sample beside a worse one that does not contradict it', () => {
  const clock = new ServerClock();
  clock.enter(0, 4, 1002);
  clock.enter(1000, 1200, 2190);
  expect(clock.offsetMs).toBe(1000);
  expect(clock.uncertaintyMs).toBe(2);
});
