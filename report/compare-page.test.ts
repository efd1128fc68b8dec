import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareResults } from '../bench/analysis/comparison.ts';
import { parseResult, type Result } from '../bench/result.ts';
import { hasBrowserFor, sharedBrowser } from '../clients/shared/browser.ts';
import { renderReport } from './render.ts';

/** Two results compared in the page, as a reader does it: a file dropped or chosen, offline, in a real browser. */
const hasBrowser = hasBrowserFor('comparing in a browser');

const sample = readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8');

/** The sample with its first experiment run four times, on another machine with delays that are `factor` times as long. */
function repeated(factor: number): Result {
  const result = parseResult(sample);
  const [first] = result.experiments;
  result.environment.cpu = `A processor ${factor} times as slow`;
  result.trials = result.trials
    .filter(({ experiment, repeat }) => experiment === first?.id && repeat < 3)
    .flatMap((trial) =>
      [1, 1.01, 0.99, 1.005].map((luck, index) => {
        const times = (ms: number | null) => ms && ms * factor * luck;
        const { delayMs } = trial;
        const later = { mean: times(delayMs.mean), p50: times(delayMs.p50), p99: times(delayMs.p99) };
        return {
          ...trial,
          id: `${trial.id}, again ${index}`,
          together: `${trial.together}, again ${index}`,
          repeat: index,
          delayMs: { ...delayMs, ...later },
        };
      }),
    );
  return result;
}

describe.skipIf(!hasBrowser)('comparing in Chromium', () => {
  let browser: Browser;
  let folder: string;
  let opened: { page: Page; address: string; errors: string[]; requests: string[] }[] = [];

  beforeAll(async () => {
    browser = await sharedBrowser();
    folder = mkdtempSync(join(tmpdir(), 'compare-'));
    const [a, b] = [repeated(1), repeated(3)];
    const compared = {
      a: { name: 'a.json', result: a },
      b: { name: 'b.json', result: b },
      comparison: compareResults(a, b),
    };
    const tooLarge = repeated(1);
    tooLarge.environment.warnings = [' '.repeat(700_000)];
    for (const [name, text] of Object.entries({
      'report.html': await renderReport(parseResult(sample)),
      'repeated.html': await renderReport(a),
      'repeated.json': JSON.stringify(a),
      'too-large.html': await renderReport(tooLarge),
      'compare.html': await renderReport(b, compared),
      'results.json': sample,
      'slower.json': JSON.stringify(b),
      // As Windows writes it, without a mark that says so.
      'windows.json': Buffer.from(JSON.stringify(b), 'utf16le'),
      'damaged.json': sample.replace('"p50":', '"p5":'),
      'other.json': '{"schemaVersion": 2}',
      'half.json': sample.slice(0, 5000),
    }))
      writeFileSync(join(folder, name), text);
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** No test may end with an error in the console or a request to anybody. */
  afterEach(async () => {
    const all = opened;
    opened = [];
    for (const { page, address, errors, requests } of all) {
      await page.context().close();
      expect(errors).toEqual([]);
      expect(requests).toEqual([address]);
    }
  });

  async function open(name: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ offline: true, ...options });
    const page = await context.newPage();
    const address = pathToFileURL(join(folder, name)).href;
    const seen = { page, address, errors: [] as string[], requests: [] as string[] };
    opened.push(seen);
    page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
    page.on('pageerror', ({ message }) => seen.errors.push(message));
    page.on('request', (request) => /^(data|blob):/.test(request.url()) || seen.requests.push(request.url()));
    await page.goto(address);
    return page;
  }

  /** Drops files on the page, as a hand would: over it first. */
  async function drop(page: Page, ...names: string[]): Promise<void> {
    const files = names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
    await page.evaluate((all) => {
      const dataTransfer = new DataTransfer();
      for (const { name, text } of all) dataTransfer.items.add(new File([text], name));
      for (const kind of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }, files);
  }

  const choose = (page: Page, ...names: string[]) =>
    page.setInputFiles(
      '#compare-files',
      names.map((name) => join(folder, name)),
    );

  /** What the page says once it has read the files. */
  async function status(page: Page, says: RegExp): Promise<string> {
    const line = page.locator('#compare-status').filter({ hasText: says });
    await line.waitFor();
    return (await line.textContent()) ?? '';
  }

  /** The last cell of every row of every table: what is called a difference. */
  const words = (page: Page) =>
    page.$$eval('.compared tbody tr', (rows) => rows.map((row) => row.lastElementChild?.textContent));

  it('finds no clear difference between a file and itself, when it is dropped', async () => {
    const page = await open('report.html');
    await drop(page, 'results.json');
    expect(await status(page, /Compared with/)).toContain(
      'Compared with results.json. No clear difference in ',
    );
    const all = await words(page);
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all)).toEqual(new Set(['no clear difference']));
    const { warnings } = parseResult(sample).environment;
    expect(await page.locator('.comparison .banner li').allTextContents()).toEqual([
      'Both files contain the same run.',
      ...['A', 'B'].flatMap((file) => warnings.map((text) => `Machine of ${file}: ${text}`)),
    ]);
    expect(await page.locator('.comparison').textContent()).toMatch(/0 of \d+ verdicts changed\./);
    expect(await page.getAttribute('html', 'data-dropping')).toBeNull();
  });

  it('shows clear differences with sign, interval and the other machine first, when a file is chosen', async () => {
    const page = await open('repeated.html');
    await choose(page, 'windows.json');
    expect(await status(page, /Compared with/)).toMatch(
      /Compared with windows\.json\. \d+ clear differences in/,
    );
    // The reader is taken there, by eye and by keyboard.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('comparison-title');
    await page.locator('#comparison-link').waitFor();
    const [warning] = await page.locator('.comparison .banner li').allTextContents();
    expect(warning).toContain('compare machines, not transports');
    await expect(page.locator('#comparison-ratios .ratio-row.difference-higher').count()).resolves.toBe(16);
    expect(await page.locator('.ratio-words').first().textContent()).toMatch(
      /^ratio 3 \(2\.9.* to 3\.0.*\), higher in B$/,
    );
    expect(await page.locator('.ratios').getAttribute('aria-label')).toMatch(/higher in B/);
    const all = await words(page);
    // The clear ones stand first, and say more than their colour.
    expect(all[0]).toBe('higher in B');
    expect(all.at(-1)).toBe('no clear difference');
    await page.locator('.comparison details summary').first().click();
    await page.locator('.compared .difference-higher svg path').first().waitFor();
  });

  it('names the field of a damaged file in one line, and harms nothing', async () => {
    const page = await open('repeated.html');
    const before = await page.locator('main').textContent();
    for (const [name, says] of [
      ['damaged.json', /^damaged\.json: not a valid result file: trials\.0\.delayMs\.p50: is missing$/],
      ['other.json', /^other\.json: schemaVersion is 2, expected 1: run the lab again$/],
      ['half.json', /^half\.json: not a result file: invalid JSON/],
    ] as [string, RegExp][]) {
      await drop(page, name);
      expect((await status(page, says)).split('\n')).toHaveLength(1);
      expect(await page.locator('#compare-status').getAttribute('aria-live')).toBe('polite');
      expect(await page.locator('#comparison').textContent()).toBe('');
    }
    await page.locator('#compare-status').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('main').textContent()).toBe(before);
    await drop(page, 'repeated.json');
    await status(page, /Compared with/);
    await drop(page, 'damaged.json');
    await status(page, /damaged/);
    // What was compared before is still there.
    expect((await words(page)).length).toBeGreaterThan(30);
  });

  it('takes one file, and says so of two', async () => {
    const page = await open('repeated.html');
    await drop(page, 'repeated.json', 'slower.json');
    expect(await status(page, /too many/)).toBe('2 files are too many: expected 1 results.json file');
    expect(await page.locator('#comparison').textContent()).toBe('');
  });

  it('asks for both files where the page is too large to carry its own', async () => {
    const page = await open('too-large.html');
    expect(await page.locator('.compare-with').textContent()).toContain(
      'too large to include its own result',
    );
    await drop(page, 'repeated.json');
    await status(page, /repeated\.json is A\. Drop or choose the result to compare with it/);
    await drop(page, 'repeated.json');
    await status(page, /Compared with/);
    await choose(page, 'repeated.json', 'slower.json');
    await status(page, /Compared with slower\.json/);
    expect(await page.locator('.comparison .basis b').allTextContents()).toEqual([
      'repeated.json',
      'slower.json',
    ]);
  });

  it('opens the choice of files by keyboard', async () => {
    const page = await open('repeated.html');
    // The browser has to know that it is listened to before the key is pressed.
    const chosen = page.waitForEvent('filechooser');
    await page.focus('#compare-button');
    await page.keyboard.press('Enter');
    const chooser = await chosen;
    await chooser.setFiles(join(folder, 'repeated.json'));
    await status(page, /Compared with repeated\.json/);
  });

  it('leaves alone what is no file', async () => {
    const page = await open('repeated.html');
    const prevented = await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/plain', 'words');
      const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
      return !document.body.dispatchEvent(event);
    });
    expect(prevented).toBe(false);
    expect(await page.locator('#compare-status').textContent()).toBe('');
  });

  it('needs no script on a page that the command made, and can be compared again with one', async () => {
    const still = await open('compare.html', { javaScriptEnabled: false });
    for (const shown of ['.comparison h2', '.ratio-words', '.compared td', '#comparison-link'])
      await still.locator(shown).first().waitFor();
    await expect(still.locator('#compare-button').isVisible()).resolves.toBe(false);
    const page = await open('compare.html');
    await expect(page.locator('.comparison').textContent()).resolves.toMatch(/\d+ clear differences in/);
    await drop(page, 'slower.json');
    await status(page, /No clear difference/);
    expect(new Set(await words(page))).toEqual(new Set(['no clear difference']));
  });

  it.each([390, 1280])('fits a window %i pixels wide, light and dark', async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open('compare.html', { colorScheme, viewport: { width, height: 800 } });
      await page.$$eval('.comparison details', (all) => {
        for (const details of all as HTMLDetailsElement[]) details.open = true;
      });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    }
  });
});
