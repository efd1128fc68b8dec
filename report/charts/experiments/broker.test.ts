import { describe, expect, it } from 'vitest';
import type { Result, Trial } from '../../../bench/result.ts';
import { brokerFigures } from './broker.ts';

type Change = Omit<Partial<Trial>, 'parameters'> & { parameters?: Partial<Trial['parameters']> };

const books = { dropped: 0, missed: 0, duplicated: 0, reordered: 0 };

/** A trial at a broker made up by hand, with what the test is about. */
function trial(transport: Trial['transport'], change: Change): Trial {
  return {
    id: 'made-up',
    experiment: 'broker',
    transport,
    contract: 'every',
    together: 'made-up',
    repeat: 1,
    status: 'ok',
    messages: { ...books, expected: 100, delivered: 60, backlogAtEnd: 40 },
    delayMs: { count: 100, mean: 3, p50: 2, p90: 4, p99: 5, max: 250 },
    requests: { total: 0, empty: 0, missedSlots: 0 },
    bytes: { toClients: 0, toServer: 0 },
    server: { cpuMs: 0, rssBytes: 0, eventLoopDelayP99Ms: null },
    clients: { count: 1, cpuMs: 1, eventLoopDelayP99Ms: null },
    durationMs: 1000,
    appended: 100,
    warnings: [],
    ...change,
    parameters: {
      clients: 1,
      ratePerSecond: 400,
      schedule: 'periodic',
      payloadBytes: 58,
      ...change.parameters,
    },
  };
}

const calm = (transport: Trial['transport'], parameters: Change['parameters'], more: Change = {}) =>
  trial(transport, { ...more, parameters: { schedule: 'poisson', ...parameters } });

const overwhelmed = (prefetch: number, held: number) =>
  trial('amqp', {
    parameters: { handlingMs: 10, prefetch },
    consumed: {
      redelivered: 0,
      heldMax: held,
      queue: { atMs: [100, 200], ready: [20, 50], held: [held, held] },
    },
  });

const burst = (transport: Trial['transport'], parameters: Change['parameters']) =>
  trial(transport, { parameters: { schedule: 'burst', oneWayMs: 5, ...parameters } });

const death = (transport: Trial['transport'], parameters: Change['parameters'], missed: number) =>
  trial(transport, {
    parameters: { handlingMs: 10, awayMs: 200, ...parameters },
    messages: { ...books, missed, duplicated: 1, expected: 100, delivered: 100 - missed, backlogAtEnd: 0 },
    consumed: { redelivered: 9, heldMax: 10 },
  });

const asks = {
  requests: { total: 20, empty: 5, missedSlots: 0 },
  model: { meanMs: 100, emptyShare: 0.25 },
} satisfies Change;

const trials = [
  calm('amqp', { prefetch: 1 }),
  calm('amqp', { prefetch: 0 }),
  calm('amqp-get', { intervalMs: 200 }, asks),
  calm('mqtt', { qos: 1 }),
  calm('stomp', { prefetch: 10 }),
  overwhelmed(1, 1),
  overwhelmed(0, 70),
  burst('amqp', { prefetch: 10 }),
  burst('mqtt', { qos: 0 }),
  death('amqp', { prefetch: 10 }, 0),
  death('mqtt', { qos: 0 }, 12),
];

const figuresOf = (some: readonly Trial[]) =>
  brokerFigures({ trials: some, experiments: [], findings: [] } as unknown as Result);

describe('the figures of a broker', () => {
  it('are one for each thing that was measured, and none where nothing was', () => {
    const ids = (some: readonly Trial[]) => figuresOf(some).map(({ id }) => id);
    expect(ids(trials)).toEqual(['broker-ages', 'broker-queue', 'broker-windows', 'broker-deaths']);
    expect(ids(trials.filter(({ parameters }) => parameters.schedule === 'burst'))).toEqual([
      'broker-windows',
    ]);
    expect(ids([])).toEqual([]);
  });

  it('state what was found, in numbers, and have whole tables', () => {
    for (const { panels, table } of figuresOf(trials)) {
      for (const { says } of panels) {
        expect(says).toMatch(/\d/);
        expect(says).not.toMatch(/NaN|undefined|Infinity/);
      }
      expect(table.rows.length).toBeGreaterThan(0);
      for (const row of table.rows) {
        expect(row).toHaveLength(table.columns.length);
        for (const { text } of row) expect(text).not.toMatch(/NaN|undefined|Infinity|^$/);
      }
    }
  });

  it('tell prefetches and promises apart', () => {
    const [ages] = figuresOf(trials);
    expect(ages?.table.rows.map(([name]) => name?.text)).toEqual([
      'AMQP consume, prefetch 1',
      'AMQP consume, no prefetch',
      'AMQP get every 200 ms',
      'MQTT',
      'STOMP',
    ]);
  });

  it('hold what a window lets through against its round trips, and nothing where there is no window', () => {
    const windows = figuresOf(trials).find(({ id }) => id === 'broker-windows');
    const [panel] = windows?.panels ?? [];
    const rows = panel?.kind === 'compare' ? panel.rows : [];
    // 100 messages within 250 ms, and ten in each round trip of 10 ms.
    expect(rows.map(({ filled, hollow }) => [filled?.text, hollow?.text])).toEqual([
      ['400', '1,000'],
      ['400', undefined],
    ]);
    for (const { filled, hollow } of rows)
      for (const reading of [filled, hollow])
        if (reading) expect(reading.at >= 0 && reading.at <= 1).toBe(true);
  });

  it('count what waits and what is held per consumer', () => {
    const shared = { ...overwhelmed(10, 8), clients: { count: 4, cpuMs: 0, eventLoopDelayP99Ms: null } };
    const [figure] = figuresOf([shared]);
    const [panel] = figure?.panels ?? [];
    const series = panel?.kind === 'lines' ? panel.series : [];
    expect(series.map(({ points }) => points.map(({ y }) => y))).toEqual([
      [0, 300],
      [5, 12.5],
      [2, 2],
    ]);
  });

  it('name who lost messages', () => {
    const deaths = figuresOf(trials).at(-1);
    expect(deaths?.notes.join()).toContain('Messages were lost with MQTT.');
    expect(figuresOf([death('amqp', { prefetch: 10 }, 0)])[0]?.notes.join()).toContain(
      'No consumer lost a message.',
    );
  });
});
