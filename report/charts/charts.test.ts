import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResult, type Result } from '../../bench/result.ts';
import { experimentFigures } from './charts.ts';
import type { Figure } from './figure.ts';

const sample = readFileSync(new URL('../sample/results.json', import.meta.url), 'utf8');
const ids = parseResult(sample).experiments.map(({ id }) => id);

function figuresOf(experiment: string, change: (result: Result) => void = () => {}): Figure[] {
  const result = parseResult(sample);
  change(result);
  return experimentFigures(result, experiment);
}

describe.each(ids)('the figures of %s', (id) => {
  it('state what was found, in numbers', () => {
    const figures = figuresOf(id);
    expect(figures.length).toBeGreaterThan(0);
    for (const { says } of figures.flatMap(({ panels }) => panels)) {
      expect(says).toMatch(/\d/);
      expect(says).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('have tables whose rows are as long as their heads', () => {
    for (const { table } of figuresOf(id)) {
      expect(table.rows.length).toBeGreaterThan(0);
      for (const row of table.rows) {
        expect(row).toHaveLength(table.columns.length);
        for (const { text } of row) expect(text).not.toMatch(/NaN|undefined|Infinity|^$/);
      }
    }
  });

  it('put every sign and point on its axis', () => {
    for (const panel of figuresOf(id).flatMap(({ panels }) => panels)) {
      if (panel.kind === 'compare')
        for (const { hollow, filled, model } of panel.rows)
          for (const reading of [hollow, filled, model])
            if (reading) expect(reading.at >= 0 && reading.at <= 1).toBe(true);
      if (panel.kind === 'lines')
        for (const { x, y } of panel.series.flatMap(({ points }) => points)) {
          expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true);
          if (panel.y.scale === 'logarithmic') expect(y).toBeGreaterThan(0);
        }
      if (panel.kind === 'map') {
        expect(panel.cells).toHaveLength(panel.rows.names.length);
        for (const row of panel.cells) expect(row).toHaveLength(panel.columns.names.length);
      }
    }
  });

  it('are drawn from what there is when fits, probes and pairs are missing', () => {
    expect(() =>
      figuresOf(id, (result) => {
        result.fits = [];
        result.probes = [];
        result.pairs = [];
      }),
    ).not.toThrow();
  });

  it('are none when nothing was measured', () => {
    const figures = figuresOf(id, (result) => {
      result.trials = [];
      result.fits = [];
      result.probes = [];
      result.pairs = [];
    });
    expect(figures).toEqual([]);
  });

  it('have ids of their own', () => {
    const all = ids.flatMap((one) => figuresOf(one));
    const names = all.flatMap(({ id, table, panels }) => [id, table.id, ...panels.map((panel) => panel.id)]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });
});

describe('the panels of distance', () => {
  it('share their scales, because they are compared', () => {
    const panels = figuresOf('distance').flatMap(({ panels }) => panels);
    const scales = panels.flatMap((panel) =>
      panel.kind === 'lines' ? [JSON.stringify([panel.x, panel.y])] : [],
    );
    expect(scales.length).toBeGreaterThan(1);
    expect(new Set(scales).size).toBe(1);
  });
});
