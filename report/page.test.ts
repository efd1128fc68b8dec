import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseResult, type Result } from '../bench/result.ts';
import { renderReport } from './render.ts';
import { sixDigits } from './units.ts';

/** The page as a reader has it: opened from a file, without a network, in a real browser. */
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser)
  console.warn(
    `skipped: the report in a browser: there is no ${executablePath}; name one with CHROMIUM_PATH`,
  );

/** A result as the page carries it: counts in full, measured fractions in six digits. */
function inSixDigits(result: Result): Result {
  return JSON.parse(
    JSON.stringify(result, (_, value) => (typeof value === 'number' ? sixDigits(value) : value)),
  );
}

describe.skipIf(!hasBrowser)('the report in Chromium', () => {
  let browser: Browser;
  let folder: string;
  let file: string;
  let result: Result;
  let opened: { page: Page; errors: string[]; requests: string[] }[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    folder = mkdtempSync(join(tmpdir(), 'report-'));
    file = join(folder, 'report.html');
    const sample = readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8');
    result = parseResult(sample);
    writeFileSync(file, await renderReport(result));
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** No test may end with an error in the console or a request to anybody. */
  afterEach(async () => {
    const all = opened;
    opened = [];
    for (const { page, errors, requests } of all) {
      await page.context().close();
      expect(errors).toEqual([]);
      expect(requests).toEqual([pathToFileURL(file).href]);
    }
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ offline: true, acceptDownloads: true, ...options });
    const page = await context.newPage();
    const seen = { page, errors: [] as string[], requests: [] as string[] };
    opened.push(seen);
    page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
    page.on('pageerror', ({ message }) => seen.errors.push(message));
    page.on('request', (request) => /^(data|blob):/.test(request.url()) || seen.requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    if (options.javaScriptEnabled !== false) await drawn(page);
    return page;
  }

  /** Comes back when the script has unpacked and drawn all. */
  const drawn = (page: Page) => page.waitForSelector(':root[data-drawn]');

  /** The id of every panel whose canvas shows nothing. */
  const blankPanels = (page: Page) =>
    page.$$eval('canvas[data-panel]', (canvases) =>
      (canvases as HTMLCanvasElement[])
        .filter((canvas) => {
          const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {};
          return new Set(data && new Uint32Array(data.buffer)).size < 10;
        })
        .map(({ dataset }) => dataset.panel),
    );

  it('draws every chart and gives each a label that states what was found', async () => {
    const page = await open();
    expect(await page.locator('canvas[role=img]').count()).toBeGreaterThanOrEqual(14);
    expect(await blankPanels(page)).toEqual([]);
    const labels = await page.$$eval('canvas', (all) =>
      all.map((canvas) => canvas.getAttribute('aria-label')),
    );
    for (const label of labels) expect(label).toMatch(/\d/);
  });

  it.each([390, 1280])('fits a window %i pixels wide', async (width) => {
    const page = await open({ viewport: { width, height: 800 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    const clipped = await page.$$eval('canvas', (all) =>
      all.filter((canvas) => {
        const scrolls = getComputedStyle(canvas.closest('.canvas-scroll') as Element).overflowX === 'auto';
        return !scrolls && canvas.getBoundingClientRect().right > innerWidth;
      }),
    );
    expect(clipped).toEqual([]);
  });

  it('remembers a prediction and answers it', async () => {
    const page = await open();
    const question = page.locator('[data-prediction=freshness]');
    await expect(question.locator('.why').first().isVisible()).resolves.toBe(false);
    await question.locator('.choice').first().click();
    await expect(question.locator('.why').first().isVisible()).resolves.toBe(true);
    await page.reload();
    await drawn(page);
    opened.at(-1)?.requests.pop();
    await expect(question.locator('input').first().isChecked()).resolves.toBe(true);
    await expect(question.locator('.choice-right .why').isVisible()).resolves.toBe(true);
  });

  it('turns dark and light by its button, charts included', async () => {
    const page = await open({ colorScheme: 'light' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const picture = () => page.$eval('canvas', (canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const light = { ground: await ground(), picture: await picture() };
    await page.click('#theme-switch');
    await drawn(page);
    expect(await ground()).not.toBe(light.ground);
    expect(await picture()).not.toBe(light.picture);
    expect(await blankPanels(page)).toEqual([]);
    await page.click('#theme-switch');
    await drawn(page);
    expect({ ground: await ground(), picture: await picture() }).toEqual(light);
  });

  it('prints in light colours from a dark window, with every chart', async () => {
    const page = await open({ colorScheme: 'dark' });
    const printed = await page.evaluate(() => {
      dispatchEvent(new Event('beforeprint'));
      const theme = document.documentElement.dataset.theme;
      dispatchEvent(new Event('afterprint'));
      return { theme, after: document.documentElement.dataset.theme };
    });
    expect(printed).toEqual({ theme: 'light', after: undefined });
    expect((await page.pdf()).length).toBeGreaterThan(50_000);
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
    expect(table.content.toString()).toMatch(/^transport,setting,runs,n,p50 ms,.*\r\npush \(WebSocket\),/);
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

  it('says beside a field what it takes, and keeps the last answer', async () => {
    const page = await open();
    const answer = await page.locator('#answer').textContent();
    await page.fill('#need-clients', 'many');
    await expect(page.locator('#problem-clients').textContent()).resolves.toContain('is “many”: it takes');
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
      await expect(page.locator(shown).first().isVisible()).resolves.toBe(true);
    await expect(page.locator('#calculator').isVisible()).resolves.toBe(false);
    for (const label of await page.$$eval('.map, .compare, .matrix-box', (all) =>
      all.map((one) => one.ariaLabel),
    ))
      expect(label).toMatch(/\d/);
  });

  it('says everything without a script: verdicts, findings and open tables', async () => {
    const page = await open({ javaScriptEnabled: false });
    await expect(page.locator('.verdicts .badge').count()).resolves.toBe(result.findings.length);
    await expect(page.locator('#crowd-table').isVisible()).resolves.toBe(true);
    await expect(page.locator('canvas').first().isVisible()).resolves.toBe(false);
    await expect(page.locator('.says').first().isVisible()).resolves.toBe(true);
  });
});
