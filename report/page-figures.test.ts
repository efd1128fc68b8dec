import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { parseResult } from '../bench/result.ts';
import type { CanvasPanel, Point } from './charts/figure.ts';
import { blankPanels, describeInChromium, patienceMs } from './in-chromium.ts';
import { renderReport } from './render.ts';

const result = parseResult(readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8'));

describeInChromium('figures in the page', (open) => {
  let panels: CanvasPanel[];
  let seen: {
    canvases: Awaited<ReturnType<typeof canvasesIn>>;
    blank: (string | undefined)[];
    /** The rows of the table below each chart, as a download has them, by the chart's panel. */
    tables: Record<string, Row[]>;
  };

  beforeAll(async () => {
    const html = await renderReport(result);
    panels = JSON.parse(unpacked(html, 'panels'));
    const page = await open(html);
    const [canvases, blank] = [await canvasesIn(page), await blankPanels(page)];
    const tables = Object.fromEntries(
      canvases.map(({ panel, tableId }) => [panel, rowsOf(unpacked(html, `${tableId}-csv`))]),
    );
    seen = { canvases, blank, tables };
  }, patienceMs);

  it('are all drawn, without anybody scrolling to them', () => {
    expect(seen.canvases.map(({ panel }) => panel).toSorted()).toEqual(panels.map(({ id }) => id).toSorted());
    expect(seen.blank).toEqual([]);
  });

  it('are labelled with their finding, the words that stand in their place without a script', () => {
    for (const { role, label, words } of seen.canvases) {
      expect(role).toBe('img');
      expect(label).toBe(words);
      expect(label).toMatch(/\d/);
    }
  });

  it('show nothing that their tables don’t say', () => {
    const { tables } = seen;
    const compared = panels.filter((panel) => !isDense(panel) && figuresIn(panel).length > 0);
    expect(compared.length).toBeGreaterThan(30);
    for (const panel of compared) {
      const said = new Set(tables[panel.id]?.flatMap((row) => Object.values(row).map(Number)));
      const unsaid = figuresIn(panel).filter((figure) => !said.has(figure));
      expect(unsaid, panel.id).toEqual([]);
    }
  });

  it('rise through a half where their table has the median', () => {
    const { tables } = seen;
    const lines = panels.flatMap((panel) =>
      panel.kind === 'lines' && panel.id.startsWith('freshness-ages-')
        ? panel.series.filter(({ role }) => role === 'measured').map((line) => ({ panel, line }))
        : [],
    );
    expect(lines.length).toBeGreaterThan(10);
    for (const { panel, line } of lines) {
      const row = tables[panel.id]?.find(
        ({ transport, setting }) => transport === line.name && setting && panel.title.endsWith(setting),
      );
      const { 'latency p50 ms': p50, 'latency p50 ms low': low, 'latency p50 ms high': high } = row ?? {};
      const after = line.points.findIndex(({ y }) => y >= 50);
      // A line goes from bin to bin, and over all runs at once; a table has the median of each run.
      expect(line.points[after - 1]?.x, line.name).toBeLessThanOrEqual(Number(high || p50) * 1.01);
      expect(line.points[after]?.x, line.name).toBeGreaterThanOrEqual(Number(low || p50) * 0.99);
    }
  });

  it('have the percentiles of their table on the line', () => {
    const { tables } = seen;
    const panel = panels.find(({ id }) => id === 'freshness-percentiles-0');
    const lines = panel?.kind === 'lines' ? panel.series.filter(({ role }) => role === 'measured') : [];
    expect(lines.length).toBeGreaterThan(5);
    for (const { name, points } of lines) {
      const row = tables['freshness-percentiles-0']?.find(({ transport }) => transport === name) ?? {};
      const ages = new Set(points.map(({ y }) => y));
      for (const value of Object.values(row).slice(2))
        expect(ages.has(Number(value)), `${name} ${value}`).toBe(true);
    }
  });
});

/** Lines with more points than a table has rows: distributions, and what was sampled over time. */
function isDense({ id }: CanvasPanel): boolean {
  return /^(freshness-(ages|percentiles)|overwhelmed-(backlog|age|minute))-/.test(id);
}

/** All figures that a chart shows; nothing for rows in which nothing was measured. */
function figuresIn(panel: CanvasPanel): number[] {
  const heights = (points: readonly Point[]) => points.map(({ y }) => y);
  switch (panel.kind) {
    case 'bars':
      return panel.rows.flatMap(({ value }) => value ?? []);
    case 'dots':
      return panel.rows.flatMap(({ median, mean }) => [median, mean]);
    case 'columns':
      return heights(panel.columns);
    case 'lines':
      return panel.series.filter(({ role }) => role === 'measured').flatMap(({ points }) => heights(points));
    case 'timeline':
      return [];
  }
}

/** What the page tells of each chart to those who can't see it, and the words that it has instead of a script. */
function canvasesIn(page: Page) {
  return page.$$eval('canvas', (all) =>
    all.map((canvas) => ({
      panel: canvas.dataset.panel,
      tableId: canvas.closest('figure')?.querySelector('table')?.id,
      role: canvas.getAttribute('role'),
      label: document.getElementById(canvas.getAttribute('aria-labelledby') ?? '')?.textContent,
      words: canvas.closest('.panel')?.querySelector('.says')?.textContent,
    })),
  );
}

/** Text that the page carries for its script. */
function unpacked(html: string, id: string): string {
  const [, packed = ''] = html.match(new RegExp(`id="${id}">([^<]*)<`)) ?? [];
  return gunzipSync(Buffer.from(packed, 'base64')).toString();
}

/** A row of a table: what stands in it, by the heads of its columns. */
type Row = Record<string, string>;

function rowsOf(csv: string): Row[] {
  const [heads = [], ...rows] = cellsOf(csv);
  return rows.map((cells) => Object.fromEntries(heads.map((head, column) => [head, cells[column] ?? ''])));
}

/** The cells of a table as a file, as far as its words hold no quotes and no line ends. */
function cellsOf(csv: string): string[][] {
  const lines = csv
    .replace(/^\ufeff/, '')
    .trim()
    .split('\r\n');
  return lines.map((line) =>
    [...line.matchAll(/(?:^|,)("[^"]*"|[^,]*)/g)].map(([, cell = '']) => cell.replaceAll('"', '')),
  );
}
