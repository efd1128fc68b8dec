import { describe, expect, it } from 'vitest';
import {
  type Measured,
  measuredOf,
  ratioSpread,
  spread,
  whole,
  withRange,
  writeBytes,
  writeMedian,
  writeMs,
  writeTimes,
} from './statistics.ts';

const write = (value: number) => `${Math.round(value * 100) / 100} ms`;
const measured = (...runs: number[]): Measured | undefined => {
  const value = spread(runs);
  return value && measuredOf(value);
};
const written = (...runs: number[]) => {
  const value = measured(...runs);
  return value && withRange(value, write);
};

const times = (...ratios: number[]) => {
  const found = ratioSpread(ratios.map((ratio) => ({ a: ratio, b: 1 })));
  return found && writeTimes(found);
};

describe('a value over several runs', () => {
  it('stands alone with one run, has a range with two, an interval from three on', () => {
    expect(written(5)).toBe('5 ms');
    expect(written(4, 6)).toBe('5 ms (4 to 6 over 2 runs)');
    // s = 1, s/√3 = 0.577, t(0.975, 2) = 4.303
    expect(written(4, 5, 6)).toBe('5 ms (95%: 2.52 to 7.48, 3 runs)');
  });

  it('has two significant digits with one run, except where the writer is for exact counts', () => {
    const one = measured(1234);
    expect(one && [withRange(one, writeMs), writeMedian(one, writeBytes), withRange(one, whole)]).toEqual([
      '1.2 s',
      '1.2 KiB',
      '1,234',
    ]);
    const three = measured(1234, 1234, 1234);
    expect(three && [withRange(three, writeMs), writeMedian(three, writeBytes)]).toEqual([
      '1.23 s (95%: 1.23 to 1.23, 3 runs)',
      '1.21 KiB',
    ]);
    expect(times(1.234)).toBe('1.2 times');
  });

  it('keeps its units where they differ', () => {
    const value = measured(900, 1100);
    expect(value && withRange(value, (ms) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`))).toBe(
      '1 s (900 ms to 1.1 s over 2 runs)',
    );
  });

  it('has no lower end where an interval reaches below 0', () => {
    expect(written(0.1, 0.1, 4)).toBe('1.4 ms (95%: at most 6.99 ms, 3 runs)');
  });

  it('is nothing without a run', () => {
    expect(spread([null, undefined])).toBeUndefined();
  });
});

describe('how many times as much', () => {
  it('has an interval from three pairs on', () => {
    expect(times(2)).toBe('2 times');
    expect(times(2, 2)).toBe('2 times');
    expect(times(2, 2, 2)).toBe('2 times (95%: 2 to 2, 3 runs)');
  });

  it('is no clear difference where the interval contains one', () => {
    expect(times(0.5, 1, 2)).toMatch(/^no clear difference \(ratio 1; 95%/);
  });

  it('is nothing without a pair', () => {
    expect(times()).toBeUndefined();
  });
});
