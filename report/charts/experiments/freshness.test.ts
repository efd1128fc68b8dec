import { describe, expect, it } from 'vitest';
import type { Trial } from '../../../bench/result.ts';
import { writeTick } from '../../units.ts';
import type { Axis } from '../figure.ts';
import type { Lane } from '../lanes.ts';
import { percentilesFigure } from './freshness.ts';

const latency: Axis = { title: 'Latency', scale: 'logarithmic', unit: 'ms' };

/** A lane of one run: so many messages in each bin. */
function laneOf(bins: Record<number, number>): Lane {
  const upToMs = Object.keys(bins).map(Number);
  const count = Object.values(bins);
  const delayMs = { count: count.reduce((sum, some) => sum + some, 0) };
  const runs = [{ delayMs, delayHistogram: { upToMs, count } }] as unknown as Trial[];
  return { name: 'push', transport: 'push', thin: false, dotted: false, runs };
}

describe('the percentile spectrum', () => {
  const { panels, table } = percentilesFigure(
    { name: 'a setting', lanes: [laneOf({ 1: 990, 10: 9, 100: 1 })] },
    latency,
  );

  it('draws the slowest hundredth as long as the hundredth before it, and ends with the slowest message', () => {
    const [panel] = panels;
    const [line] = panel?.kind === 'lines' ? panel.series : [];
    const places = line?.points.map(({ x, y }) => [Math.round(x), y]);
    expect(places).toEqual([
      [1, 0.89],
      [100, 1],
      [1000, 10],
      [1000, 100],
    ]);
  });

  it('reads percentiles from the same bins, and none where no message is left beyond it', () => {
    expect(table.rows[0]?.map(({ value }) => value)).toEqual([undefined, 1000, 1, 1, 1, 1, 1, 10]);
    const few = percentilesFigure({ name: 'a setting', lanes: [laneOf({ 1: 15, 2: 5 })] }, latency);
    expect(few.table.rows[0]?.map(({ text }) => text)).toEqual(['push', '20', '1', '1', '2', '2', '–', '–']);
    expect(few.panels[0]?.says).toContain('too few messages');
  });

  it('names its ticks by percentile', () => {
    const ticks = [1, 10, 100, 1000, 10_000].map((place) => writeTick(place, 'percentile'));
    expect(ticks).toEqual(['0%', '90%', '99%', '99.9%', '99.99%']);
  });
});
