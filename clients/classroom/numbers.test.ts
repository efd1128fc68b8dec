import { describe, expect, it } from 'vitest';
import { counted, nothing, writeAge, writeBytes, writeRatio, writeTime } from './numbers.ts';

describe('numbers for the last row', () => {
  it.each([
    [null, nothing],
    [0, '0 ms'],
    [0.004, '0.01 ms'],
    [0.42, '0.42 ms'],
    [34.6, '35 ms'],
    [516, '0.52 s'],
    [9960, '10 s'],
    [83_000, '83 s'],
    [200_000, '3.3 min'],
  ])('write %s ms as %s', (valueMs, text) => {
    expect(writeTime(valueMs)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [12_345, '12 kB'],
    [3_400_000, '3.4 MB'],
    [123_400_000, '123 MB'],
  ])('write %i bytes as %s', (bytes, text) => {
    expect(writeBytes(bytes)).toBe(text);
  });

  it.each([
    [null, nothing],
    [0, '0'],
    [0.048, '0.048'],
    [4.93, '4.9'],
    [1234.5, '1,235'],
  ])('write the ratio %s as %s', (value, text) => {
    expect(writeRatio(value)).toBe(text);
  });

  it('claim no more of an age than the clock knows', () => {
    expect(writeAge(0.4, 1.5)).toBe('< 1.5 ms');
    expect(writeAge(-3, 1.5)).toBe('< 1.5 ms');
    expect(writeAge(40, 1.5)).toBe('40 ms');
    expect(writeAge(null, 1.5)).toBe(nothing);
  });

  it('count in words', () => {
    expect(counted(1, 'message')).toBe('1 message');
    expect(counted(1200, 'message')).toBe('1,200 messages');
  });
});
