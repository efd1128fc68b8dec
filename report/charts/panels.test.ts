import { describe, expect, it } from 'vitest';
import type { Group } from './lanes.ts';
import type { DrawnMetric } from './metrics.ts';
import { bars, compare, lineOf } from './panels.ts';
import { medians, names, runsColumn, tableOf } from './table.ts';

/** A run that is its own value. */
type Run = number | undefined;

const groups: Group<Run>[] = [
  { name: 'push', transport: 'push', runs: [2, 4, 3] },
  { name: 'long poll', transport: 'long-poll', runs: [0] },
  { name: 'SSE', transport: 'sse', runs: [undefined] },
];

const metric: DrawnMetric<Run> = {
  id: 'cost',
  title: 'What it costs',
  axis: 'Cost (ms/s)',
  name: 'cost',
  unit: 'ms/s',
  read: (run) => run,
  model: (run) => run && 7 * run,
  zero: 'nothing',
};

describe('a metric', () => {
  it('is said once: its panel, axis, alternative text and column agree', () => {
    const panel = bars({ id: 'cost', size: 'half' }, metric, groups);
    expect(panel.rows.map(({ text, value, low, high, model }) => [text, value, low, high, model])).toEqual([
      ['3', 3, 2, 4, 21],
      ['nothing', 0, undefined, undefined, 0],
      ['not measured', null, undefined, undefined, undefined],
    ]);
    expect(panel.x).toEqual({ title: 'Cost (ms/s)', scale: 'linear', unit: 'number', min: 0, max: 30 });
    expect(panel.says).toBe('What it costs. Push: 3 ms/s. Long poll: nothing. SSE: not measured.');
    const table = tableOf({ id: 'table', caption: '' }, groups, [
      names('transport'),
      runsColumn,
      medians(metric),
    ]);
    expect(table.columns.at(-1)).toEqual({ title: 'cost', unit: 'ms/s', numeric: true });
    expect(table.rows[0]).toEqual([
      { text: 'push' },
      { text: '3', value: 3 },
      { text: '3', value: 3, range: { low: 2, high: 4 } },
    ]);
    expect(table.rows[2]?.[2]).toEqual({ text: '–' });
  });

  it('makes a line through the medians, without zeros on a logarithmic axis', () => {
    const [group] = groups as [Group<Run>];
    const over = (run: Run) => (run === 4 ? 10 : 1);
    expect(lineOf(group, over, metric.read).points).toEqual([
      { x: 1, y: 2.5 },
      { x: 10, y: 4 },
    ]);
    expect(lineOf(group, over, () => 0).points).toEqual([]);
    expect(lineOf(group, over, () => 0, true).points).toHaveLength(2);
  });
});

describe('two readings of one quantity', () => {
  it('are written in words and placed on one axis', () => {
    const panel = compare(
      { id: 'readings', title: 'Readings', size: 'wide' },
      'Value (log scale)',
      { hollow: 'naive', filled: 'honest' },
      [
        { name: 'one', hollow: 1, filled: 100 },
        { name: 'two', filled: 10 },
      ],
      (value) => `${value} ms`,
    );
    expect(panel.says).toBe('Readings. One: naive 1 ms, honest 100 ms. Two: honest 10 ms.');
    expect(panel.rows.map(({ hollow, filled }) => [hollow?.at, filled?.at])).toEqual([
      [0.05, 0.95],
      [undefined, expect.closeTo(0.5)],
    ]);
    expect(panel.axis.ticks.map(({ text }) => text)).toEqual(['1 ms', '10 ms', '100 ms']);
  });
});
