import { expect, it } from 'vitest';
import { Recorder } from './recorder.ts';

function recorderOf(...delaysMs: number[]): Recorder {
  const recorder = new Recorder();
  for (const delay of delaysMs) recorder.record(delay);
  return recorder;
}

it('summarises to three digits', () => {
  const delays = Array.from({ length: 1000 }, (_, index) => (index + 1) / 10);
  const { count, mean, p50, p90, p99, max } = recorderOf(...delays).delay;
  expect(count).toBe(1000);
  expect(mean).toBeCloseTo(50.05, 6);
  expect(p50).toBeCloseTo(50, 1);
  expect(p90).toBeCloseTo(90, 1);
  expect(p99).toBeCloseTo(99, 1);
  expect(max).toBe(100);
});

it('has no figures without a delay', () => {
  expect(recorderOf().delay).toEqual({ count: 0, mean: null, p50: null, p90: null, p99: null, max: null });
  expect(recorderOf().bins).toEqual({ upToMs: [], count: [] });
});

it('puts each delay into one bin that it fits', () => {
  const { upToMs, count } = recorderOf(0, 0.005, 0.5, 1, 1.0001, 900, 10_000_000).bins;
  expect(count.reduce((sum, one) => sum + one, 0)).toBe(7);
  expect(upToMs[0]).toBe(0.01);
  expect(upToMs).toEqual([...upToMs].sort((a, b) => a - b));
  expect(count[upToMs.indexOf(1)]).toBe(1);
});

it('merges with another one as if one had recorded both', () => {
  const merged = recorderOf(1, 2, 3);
  merged.add(recorderOf(10, 20));
  expect(merged.delay).toEqual(recorderOf(1, 2, 3, 10, 20).delay);
  expect(merged.bins).toEqual(recorderOf(1, 2, 3, 10, 20).bins);
});
