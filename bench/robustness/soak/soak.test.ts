import { randomLcg, randomNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { notBack } from './holdings.ts';
import { grows, slopeOf } from './slope.ts';
import { failuresOf, soak } from './soak.ts';

/** The short form of `npm run robustness -- soak`: long enough for handles, listeners and books, too short for a slope. */
it('leaves handles, listeners and books as they were when many clients have come and gone', async () => {
  const soaked = await soak({ durationMs: 12_000, seed: 7, seatsPerGroup: 2, sampleEveryMs: 3000 });
  expect(soaked.bookProblems).toEqual([]);
  expect(soaked.server.notBack).toEqual([]);
  expect(soaked.clientProcess.notBack).toEqual([]);
  expect(failuresOf(soaked)).toEqual([]);
  expect(soaked.memory).toBeUndefined();
  const { joins, leaves, sleeps, overloads } = soaked.counts;
  expect(leaves).toBe(joins);
  expect(Math.min(sleeps, overloads)).toBeGreaterThan(0);
  const { expected, delivered, dropped, missed, backlogAtEnd } = soaked.books;
  expect(delivered + dropped + missed + backlogAtEnd).toBe(expected);
  expect(delivered).toBeGreaterThan(0);
});

describe('memory', () => {
  const minutes = 10;
  /** Samples of a process with so much noise, and so much growth a minute. */
  const samples = (growthPerMinute: number, seed: number) => {
    const noise = randomNormal.source(randomLcg(seed))(0, 2e5);
    return Array.from({ length: 300 }, (_, index) => ({
      atMs: (index + 1) * 2000,
      value: 100e6 + growthPerMinute * ((index + 1) / 30) + noise(),
    }));
  };
  const growsBy = (perMinute: number, seed: number) => {
    const slope = slopeOf(samples(perMinute, seed));
    return slope && grows(slope, minutes * 0.5);
  };
  const seeds = [0.1, 0.3, 0.5, 0.7, 0.9];

  it('that only goes up and down does not grow', () => {
    expect(seeds.map((seed) => growsBy(0, seed))).toEqual(seeds.map(() => false));
  });

  it('of which a message here and there is never given back grows', () => {
    expect(seeds.map((seed) => growsBy(1e6, seed))).toEqual(seeds.map(() => true));
  });

  it('is not judged by a run under five minutes', () => {
    expect(slopeOf(samples(1e6, 0.1).slice(0, 100))).toBeUndefined();
  });

  it('has the slope that was put in', () => {
    expect(slopeOf(samples(1e6, 0.1))?.perMinute).toBeCloseTo(1e6, -5);
  });
});

it('names what a process holds more of than before', () => {
  const before = {
    rssBytes: 0,
    memoryBytes: 0,
    codeBytes: 0,
    handles: { TCPServerWrap: 2, Timeout: 3 },
    listeners: 4,
  };
  const after = { ...before, handles: { TCPServerWrap: 2, TCPSocketWrap: 1 }, listeners: 5 };
  expect(notBack(before, before)).toEqual([]);
  expect(notBack(before, after)).toEqual([
    'TCPSocketWrap: 0 at the start, 1 at the end',
    'listeners: 4 at the start, 5 at the end',
  ]);
});
