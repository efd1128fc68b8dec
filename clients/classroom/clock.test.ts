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
