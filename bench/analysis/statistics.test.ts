import { describe, expect, it } from 'vitest';
import { spread, whole, withRange, writeBytes, writeMedian, writeMs, writeTimes } from './statistics.ts';

const write = (value: number) => `${Math.round(value * 100) / 100} ms`;
const written = (...runs: number[]) => {
  const value = spread(runs);
  return value && withRange(value, write);
};

describe('a value over several runs', () => {
  it('stands alone with one run, has a range with two, an interval from three on', () => {
    expect(written(5)).toBe('5 ms');
    expect(written(4, 6)).toBe('5 ms (4 to 6 over 2 runs)');
    // s = 1, s/√3 = 0.577, t(0.975, 2) = 4.303
    expect(written(4, 5, 6)).toBe('5 ms (95%: 2.52 to 7.48, 3 runs)');
  });

  it('has two significant digits with one run, except where the writer is for exact counts', () => {
    const one = spread([1234]);
    expect(one && [withRange(one, writeMs), writeMedian(one, writeBytes), withRange(one, whole)]).toEqual([
      '1.2 s',
      '1.2 KiB',
      '1,234',
    ]);
    const three = spread([1234, 1234, 1234]);
    expect(three && [withRange(three, writeMs), writeMedian(three, writeBytes)]).toEqual([
      '1.23 s (95%: 1.23 to 1.23, 3 runs)',
      '1.21 KiB',
    ]);
    expect(writeTimes([{ a: 1.234, b: 1 }])).toBe('1.2 times');
  });

  it('keeps its units where they differ', () => {
    const value = spread([900, 1100]);
    expect(value && withRange(value, (ms) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`))).toBe(
      '1 s (900 ms to 1.1 s over 2 runs)',
    );
  });

  it('says where an interval reaches below 0', () => {
    expect(written(0.1, 0.1, 4)).toMatch(/^1.4 ms \(95%: below 0 to 6.99, 3 runs\)$/);
  });

  it('is nothing without a run', () => {
    expect(spread([null, undefined])).toBeUndefined();
  });
});

describe('how many times as much', () => {
  const pairs = (...ratios: number[]) => ratios.map((ratio) => ({ a: ratio, b: 1 }));

  it('has an interval from three pairs on', () => {
    expect(writeTimes(pairs(2))).toBe('2 times');
    expect(writeTimes(pairs(2, 2))).toBe('2 times');
    expect(writeTimes(pairs(2, 2, 2))).toBe('2 times (95%: 2 to 2, 3 runs)');
  });

  it('is no clear difference where the interval contains one', () => {
    expect(writeTimes(pairs(0.5, 1, 2))).toMatch(/^no clear difference \(ratio 1; 95%/);
  });

  it('is no comparison without a pair', () => {
    expect(writeTimes([])).toBe('no comparison');
  });
});
