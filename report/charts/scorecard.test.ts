import { readFileSync } from 'node:fs';
import { median } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { parseResult, type Trial } from '../../bench/result.ts';
import { scorecardOf } from './scorecard.ts';

const sample = parseResult(readFileSync(new URL('../sample/results.json', import.meta.url), 'utf8'));
const scorecard = scorecardOf(sample);

/** What each criterion reads from the trials that a cell names, written once more and in its own way. */
const figures: Record<string, (trial: Trial) => number> = {
  latency: ({ delayMs }) => delayMs.p50 as number,
  distance: ({ delayMs }) => delayMs.p50 as number,
  'idle-requests': ({ requests, durationMs }) => requests.total / (durationMs / 1000),
  'idle-cpu': ({ server, durationMs }) => server.cpuMs / (durationMs / 1000),
  memory: ({ server }) => server.memoryPerClientBytes as number,
  'slow-consumer': ({ series }) =>
    [...(series?.longestBacklogBytes ?? [])].sort((a, b) => b - a)[0] as number,
  offline: ({ messages, clients }) => messages.missed / clients.count,
};

describe('the scorecard', () => {
  const cells = (scorecard?.rows ?? []).flatMap(({ transport, cells }) =>
    cells.flatMap((cell, place) => {
      const id = scorecard?.columns[place]?.id as string;
      return cell ? [[`${transport}, ${id}`, transport, id, cell] as const] : [];
    }),
  );

  it('has every transport and criterion that the run has', () => {
    expect(scorecard?.rows.map(({ transport }) => transport)).toEqual([
      'push',
      'sse',
      'notify',
      'long-poll',
      'short-poll',
    ]);
    expect(scorecard?.columns.map(({ id }) => id)).toEqual([...Object.keys(figures), 'proxies']);
    expect(cells.length).toBeGreaterThan(30);
  });

  it.each(cells)('%s is the figure of the trials that it names', (_name, transport, id, cell) => {
    const trials = cell.trials.map((name) => sample.trials.find((trial) => trial.id === name) as Trial);
    expect(new Set(trials.map((trial) => trial.transport))).toEqual(new Set([transport]));
    const figure = figures[id];
    const value = figure
      ? median(trials.map(figure))
      : trials.filter(({ path }) => path?.outcome === 'works').length;
    const inBytes = { memory: 1024, 'slow-consumer': 1024 ** 2 }[id] ?? 1;
    expect(cell.value * inBytes).toBeCloseTo(value, 9);
    const [written = ''] = /^[\d.]+/.exec(cell.text) ?? [];
    const unit = { KiB: 1024, MiB: 1024 ** 2, s: 1000 }[cell.text.replace(/^[\d.]+ ?/, '')] ?? 1;
    // Two significant digits.
    expect(Math.abs(Number(written) * unit - value)).toBeLessThanOrEqual(0.05 * value);
  });

  it('is nothing for a result without figures', () => {
    expect(scorecardOf({ ...sample, figures: [] })).toBeUndefined();
  });
});
