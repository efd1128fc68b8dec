import { readFileSync } from 'node:fs';
import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { parseResult, type Result } from '../bench/result.ts';
import { htmlDocument } from './document.ts';
import { describeInChromium, overflow } from './in-chromium.ts';
import { renderReport } from './render.ts';
import { fiveDigits } from './units.ts';

/** A result as the page carries it: counts in full, measured fractions in five digits. */
function inSixDigits(result: Result): Result {
  return JSON.parse(
    JSON.stringify(result, (_, value) => (typeof value === 'number' ? fiveDigits(value) : value)),
  );
}

const result = parseResult(readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8'));

describeInChromium('the report in Chromium', (openPage) => {
  let html: string;

  beforeAll(async () => {
    html = await renderReport(result);
  });

  const open = (options: BrowserContextOptions = {}) => openPage(html, options);

  it.each([390, 1280])('fits a window %i pixels wide', async (width) => {
    const page = await open({ viewport: { width, height: 800 } });
    expect(await overflow(page)).toBe(0);
    const clipped = await page.$$eval('canvas', (all) =>
      all.filter((canvas) => {
        const scrolls = getComputedStyle(canvas.closest('.canvas-scroll') as Element).overflowX === 'auto';
        return !scrolls && canvas.getBoundingClientRect().right > innerWidth;
      }),
    );
    expect(clipped).toEqual([]);
  });

  it.each([390, 1280])('breaks no word of a table in a window %i pixels wide', async (width) => {
    const page = await open({ viewport: { width, height: 800 } });
    const broken = await page.$$eval('table', (tables) =>
      tables.flatMap((table) => {
        for (let at: Element | null = table; at; at = at.parentElement)
          if (at instanceof HTMLDetailsElement) at.open = true;
        const words: string[] = [];
        const texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
        for (let text = texts.nextNode(); text; text = texts.nextNode())
          for (const { index, 0: word } of (text.textContent ?? '').matchAll(
            /(?<![^\s(“-])\p{Letter}{3,}(?![^\s),.:;”-])/gu,
          )) {
            const range = new Range();
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
            if (tops.size > 1) words.push(word);
          }
        return words;
      }),
    );
    expect(broken).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });

  it('hands out a table with full numbers, a chart and the whole result', async () => {
    const page = await open();
    const download = async (selector: string) => {
      const [handed] = await Promise.all([page.waitForEvent('download'), page.locator(selector).click()]);
      return { name: handed.suggestedFilename(), content: readFileSync(await handed.path()) };
    };
    await page.locator('#freshness-ages details summary').click();
    const table = await download('[data-csv=freshness-ages-table]');
    expect(table.name).toBe('freshness-ages-table.csv');
    expect(table.content.toString()).toMatch(
      /^\ufefftransport,setting,runs,deliveries,latency p50 ms,.*\r\npush \(WebSocket\),/,
    );
    expect(table.content.toString()).toMatch(/,\d+\.\d{4,},/);
    const chart = await download('[data-png=freshness-ages-0]');
    expect(chart.content.subarray(1, 4).toString()).toBe('PNG');
    const { name, content } = await download('[data-json]');
    expect(name).toBe('results.json');
    expect(parseResult(content.toString())).toEqual(inSixDigits(result));
  });

  it('answers for anybody’s own case as somebody types', async () => {
    const page = await open();
    const headline = page.locator('#answer .choice-made');
    await page.fill('#need-ratePerSecond', '0.01');
    await page.fill('#need-clients', '100');
    await expect(headline.textContent()).resolves.toMatch(/^(Push|Short poll|Both|Neither)/);
    const rare = await page.locator('#answer').textContent();
    await page.fill('#need-ratePerSecond', '500');
    expect(await page.locator('#answer').textContent()).not.toBe(rare);
    await page.click('[data-example="2"]');
    expect(Number(await page.inputValue('#need-clients'))).toBe(20_000);
    await expect(page.locator('#answer').textContent()).resolves.toContain('short poll every 30 s');
  });

  it('shows the expected range next to a field, and keeps the last answer', async () => {
    const page = await open();
    const answer = await page.locator('#answer').textContent();
    await page.fill('#need-clients', 'many');
    await expect(page.locator('#problem-clients').textContent()).resolves.toContain('“many”: expected');
    expect(await page.getAttribute('#need-clients', 'aria-invalid')).toBe('true');
    expect(await page.locator('#answer').textContent()).toBe(answer);
    await page.fill('#need-clients', '10');
    await expect(page.locator('#problem-clients').textContent()).resolves.toBe('');
  });

  it('shows maps, comparisons and worked examples without a script', async () => {
    const page = await open({ javaScriptEnabled: false });
    const experiments = new Set(result.experiments.map(({ id }) => id));
    const matrix = experiments.has('path') ? ['.matrix-entry .outcome'] : [];
    for (const shown of [
      '.map-cell',
      '.compare-signs circle',
      '#advice-examples',
      '#model-fit-table',
      ...matrix,
    ])
      await page.locator(shown).first().waitFor();
    await expect(page.locator('#calculator').isVisible()).resolves.toBe(false);
    for (const label of await page.$$eval('.map, .compare, .matrix-box', (all) =>
      all.map((one) => one.ariaLabel),
    ))
      expect(label).toMatch(/\d/);
  });

  it('says everything without a script: verdicts, findings and open tables', async () => {
    const page = await open({ javaScriptEnabled: false });
    await expect(page.locator('.verdicts .badge').count()).resolves.toBe(result.findings.length);
    await page.locator('#crowd-table').waitFor();
    await expect(page.locator('canvas').first().isVisible()).resolves.toBe(false);
    await page.locator('.says').first().waitFor();
  });

  it('runs its style and its script also when their files have line ends of Windows', async () => {
    const style = 'p {\r\n  color: rgb(1, 2, 3);\r\n}\r\n';
    const script = "document.documentElement.dataset.drawn =\r\n  '';\r\n";
    const body = `<p>text</p><script>${script}</script>`;
    const page = await openPage(htmlDocument({ title: 'lines', style, scripts: [script], body }));
    expect(await page.$eval('p', (paragraph) => getComputedStyle(paragraph).color)).toBe('rgb(1, 2, 3)');
  });
});
