import { describe, expect, it } from 'vitest';
import type { ComparedRow, Condition } from '../../bench/analysis/comparison.ts';
import { quantities } from '../../bench/analysis/comparison-quantities.ts';
import { hasInterval, ratioChart } from './ratios.ts';
import { conditionNames, countsSentence, nameRows } from './rows.ts';

function condition(change: Partial<Condition>): Condition {
  const parameters = { clients: 20, ratePerSecond: 20, schedule: 'poisson', payloadBytes: 58 } as const;
  return {
    experiment: 'one',
    transport: 'push',
    contract: 'every',
    sideBySide: false,
    parameters,
    ...change,
  };
}

/** A row with a ratio and its intervals, which reach as many times as far to either side. */
function row(ratio: number, reach: number, change: Partial<ComparedRow> = {}): ComparedRow {
  const [quantity] = quantities;
  if (!quantity) throw new Error('nothing is compared');
  return {
    condition: condition({}),
    quantity,
    a: { value: 1, runs: 3 },
    b: { value: ratio, runs: 3 },
    ratio,
    interval: { low: ratio / reach, high: ratio * reach },
    strict: { low: ratio / reach ** 3, high: ratio * reach ** 3 },
    difference: 'no clear difference',
    ...change,
  };
}

const alone: Partial<ComparedRow> = { interval: undefined, strict: undefined, a: { value: 1, runs: 1 } };

describe('the name of a condition', () => {
  it('is the transport where nothing else differs', () => {
    expect(conditionNames([condition({}), condition({ transport: 'sse' })])).toEqual([
      'push (WebSocket)',
      'push (SSE)',
    ]);
  });

  it('has what tells it from the others', () => {
    const { parameters } = condition({});
    expect(
      conditionNames([
        condition({ sideBySide: true }),
        condition({ parameters: { ...parameters, ratePerSecond: 50, oneWayMs: 80 } }),
        condition({ transport: 'short-poll', parameters: { ...parameters, intervalMs: 250, oneWayMs: 20 } }),
      ]),
    ).toEqual([
      'push (WebSocket), side by side, 20 messages/s',
      'push (WebSocket), alone, 50 messages/s, one-way delay 80 ms',
      'short poll every 250 ms, alone, 20 messages/s, one-way delay 20 ms',
    ]);
  });

  it('differs wherever conditions of one transport do', () => {
    const { parameters } = condition({});
    const more: Partial<Condition['parameters']>[] = [
      {},
      { schedule: 'burst' },
      { clients: 1 },
      { payloadBytes: 5200 },
      { holdMs: 1000 },
      { policy: 'conflate' },
      { limitBytes: 1024 },
      { overloadMs: 500 },
      { slowClients: 2 },
      { handlingMs: 100 },
      { awayMs: 2000 },
      { retentionMs: 500 },
      { path: 'buffering' },
      { prefetch: 10 },
      { framework: 'http' },
      { coalesce: false },
      { jitterMs: 5 },
      { keepAlive: false },
      { slowBy: 'sleep' },
      { publishEveryMs: 500 },
      { outageMs: 700 },
      { replay: false },
      { backoff: 'fixed' },
      { inPhase: true },
      { proxy: 'nginx' },
      { stallMs: 300 },
    ];
    const names = conditionNames(
      more.map((change) => condition({ parameters: { ...parameters, ...change } })),
    );
    expect(new Set(names).size).toBe(more.length);
  });
});

describe('rows in words', () => {
  it('stand with the largest clear difference first, and say so in every case', () => {
    const rows = [
      row(1.1, 1.2),
      row(2, 1.1, { difference: 'higher' }),
      row(0.2, 1.1, { difference: 'lower' }),
      row(4, 1, alone),
    ];
    const named = nameRows(rows, [{ id: 'one', title: 'The one' }]);
    expect(
      named.map(({ experiment, ratio, interval, words }) => [experiment, ratio, interval, words]),
    ).toEqual([
      ['The one', '0.2', '0.182 to 0.22', 'lower in B'],
      ['The one', '2', '1.82 to 2.2', 'higher in B'],
      ['The one', '1.1', '0.917 to 1.32', 'no clear difference'],
      ['The one', '4', '1 run: no interval', 'no clear difference'],
    ]);
  });

  it('are counted: those judged, and those not, with the reason', () => {
    const counted = (rows: ComparedRow[]) =>
      countsSentence({
        warnings: [],
        verdicts: [],
        rows,
        onlyInA: [],
        onlyInB: [],
        otherWindow: [],
        withInterval: rows.filter(({ interval }) => interval).length,
        strictConfidence: 0.95,
      });
    expect(counted([])).toBe('The two results have no condition in common: there is nothing to compare.');
    expect(counted([row(2, 1.1, { difference: 'higher' })])).toBe(
      '1 clear difference in 1 row with an interval.',
    );
    expect(counted([row(1, 2), row(1, 2), row(3, 1, alone)])).toBe(
      'No clear difference in 2 rows with an interval. Not judged: 1 row with only 1 run in A or B.',
    );
    const zero = row(1, 1, { interval: undefined, strict: undefined, ratio: undefined });
    expect(counted([row(1, 2), zero])).toContain('Not judged: 1 row in which a run measured 0.');
  });
});

describe('the chart of ratios', () => {
  const chartOf = (...rows: ComparedRow[]) => ratioChart(rows.filter(hasInterval));

  it('has 1 in its middle, and a ratio as far from it as its reciprocal', () => {
    const { ticks, rows } = chartOf(row(2, 1.2), row(0.5, 1.2));
    expect(ticks.find(({ text }) => text === '1')?.at).toBe(0.5);
    expect((rows[0]?.at ?? 0) - 0.5).toBeCloseTo(0.5 - (rows[1]?.at ?? 0), 12);
    expect(rows[0]?.at).toBeGreaterThan(0.5);
  });

  it.each([1, 1.001, 1.3, 7, 400, 1e6])('holds a ratio of %d with ticks that can be told apart', (ratio) => {
    const { ticks, rows } = chartOf(row(ratio, 1.05), row(1 / ratio, 1.05));
    for (const { at } of [...ticks, ...rows]) {
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at).toBeLessThanOrEqual(1);
    }
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    const places = ticks.map(({ at }) => at);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    for (const [index, at] of places.slice(1).entries())
      expect(at - (places[index] ?? 0)).toBeGreaterThan(0.08);
  });

  it('cuts an interval that reaches beyond, and says where', () => {
    const [mark] = chartOf(row(1.5, 500)).rows;
    expect(mark).toMatchObject({
      wide: { from: 0, to: 1, cutLeft: true, cutRight: true },
      strict: { from: 0, to: 1 },
    });
    expect(chartOf(row(1.5, 1.01)).rows[0]?.wide).toMatchObject({ cutLeft: false, cutRight: false });
  });
});
