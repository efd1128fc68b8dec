import { describe, expect, it } from 'vitest';
import { compareAxis } from './axes.ts';
import { ipBytes } from './experiments/published-headers.ts';

describe('the axis of a comparison', () => {
  it('spans whole decades, evenly', () => {
    const { axis, place } = compareAxis('ms', [2, 500], String);
    expect(axis.ticks.map(({ text }) => text)).toEqual(['1', '10', '100', '1000']);
    expect(place(100, '').at - place(10, '').at).toBeCloseTo(place(10, '').at - place(1, '').at);
    expect(axis.breakAt).toBeUndefined();
  });

  it('keeps a place for zero, left of a break', () => {
    const { axis, place } = compareAxis('MiB', [0, 7], String);
    expect(axis.ticks.map(({ text }) => text)).toEqual(['0', '1', '10']);
    expect(place(0, '').at).toBeLessThan(axis.breakAt ?? 0);
    expect(axis.breakAt).toBeLessThan(place(1, '').at);
  });

  it('holds a value that is a power of ten', () => {
    const { axis } = compareAxis('B', [1, 1], String);
    expect(axis.ticks.map(({ text }) => text)).toEqual(['1', '10']);
  });
});

describe('bytes of IP', () => {
  it('show their arithmetic, and it adds up', () => {
    expect(ipBytes({ kind: 'empty-poll', upBytes: 96, downBytes: 249 })).toEqual({
      bytes: 501,
      arithmetic: '96 + 249 + 3 × 52',
    });
    expect(ipBytes({ kind: 'web-socket', upBytes: 0, downBytes: 94 })).toEqual({
      bytes: 198,
      arithmetic: '94 + 2 × 52',
    });
  });
});
