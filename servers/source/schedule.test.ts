import { describe, expect, it } from 'vitest';
import { bodyOf, dueTimesMs } from './schedule.ts';

describe('a schedule', () => {
  it('spaces periodic messages evenly', () => {
    expect(dueTimesMs({ kind: 'periodic', ratePerSecond: 4, durationMs: 1000 })).toEqual([
      125, 375, 625, 875,
    ]);
  });

  it('puts the messages of a burst on one instant', () => {
    const due = dueTimesMs({ kind: 'burst', ratePerSecond: 10, durationMs: 1000, burstSize: 5 });
    expect(due).toEqual([0, 0, 0, 0, 0, 500, 500, 500, 500, 500]);
  });

  it('gives Poisson messages at the rate, with gaps that vary as much as they last', () => {
    const due = dueTimesMs({ kind: 'poisson', ratePerSecond: 100, durationMs: 100_000 });
    const gaps = due.slice(1).map((at, index) => at - (due[index] as number));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(10, 0);
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
    expect([...due].sort((a, b) => a - b)).toEqual(due);
  });

  it('repeats itself for one seed and differs for another', () => {
    const poisson = (seed: number) =>
      dueTimesMs({ kind: 'poisson', ratePerSecond: 20, durationMs: 1000, seed });
    expect(poisson(7)).toEqual(poisson(7));
    expect(poisson(7)).not.toEqual(poisson(8));
  });

  it('is empty at a rate of nothing', () => {
    expect(dueTimesMs({ kind: 'periodic', ratePerSecond: 0, durationMs: 1000 })).toEqual([]);
  });

  it.each([1, 58, 16_384])('makes bodies of %i bytes', (bytes) => {
    expect(Buffer.byteLength(bodyOf(7, bytes))).toBe(bytes);
  });
});
