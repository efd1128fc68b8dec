import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseResult, type Result } from '../../bench/result.ts';
import { hasBrowserFor, sharedBrowser } from '../../clients/shared/browser.ts';
import { renderReport } from '../render.ts';
import { tracedTrials } from './made-up.ts';

/** The swim lanes as a reader has them, with a made-up trace so that every sentence is known. */
const hasBrowser = hasBrowserFor('the swim lanes in a browser');

/** One experiment of the sample with these traced trials, so that the page is small. */
function resultWith(trials: Result['trials']): Result {
  const result = parseResult(readFileSync(new URL('../sample/results.json', import.meta.url), 'utf8'));
  const ofFreshness = ({ experiment }: { experiment: string }) => experiment === 'freshness';
  result.experiments = result.experiments.filter(({ id }) => id === 'freshness');
  result.trials = [
    ...result.trials.filter((trial) => ofFreshness(trial) && !trial.parameters.traced),
    ...trials,
  ];
  result.findings = result.findings.filter(ofFreshness);
  return result;
}

describe.skipIf(!hasBrowser)('the swim lanes in Chromium', () => {
  let browser: Browser;
  let folder: string;
  let address: string;
  const errors: string[] = [];

  beforeAll(async () => {
    browser = await sharedBrowser();
    folder = mkdtempSync(join(tmpdir(), 'swim-lanes-'));
    const file = join(folder, 'report.html');
    writeFileSync(file, await renderReport(resultWith(tracedTrials())));
    address = pathToFileURL(file).href;
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    expect(errors.splice(0)).toEqual([]);
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ offline: true, ...options });
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(address);
    return page;
  }

  const said = (page: Page) => page.locator('#swim-says').textContent();
  const labelOf = (page: Page) => page.getAttribute('svg.swim', 'aria-label');
  const agesIn = (page: Page) => page.locator('.swim-age').allTextContents();
  const cursorX = async (page: Page) => Number(await page.getAttribute('.swim-cursor', 'x1'));

  it('are gone through by keyboard, forwards, backwards and to both ends', async () => {
    const page = await open();
    await page.focus('#swim-box');
    await page.keyboard.press('ArrowRight');
    expect(await said(page)).toMatch(
      /^At 100 ms message 1 is scheduled\. Push and SSE send message 1 at once\./,
    );
    await expect(page.locator('.swim-ring').count()).resolves.toBe(4);
    const firstX = await cursorX(page);
    await page.keyboard.press('ArrowRight');
    expect(await said(page)).toBe('At 170 ms the short poll sends a request.');
    await expect(page.locator('.swim-ring').count()).resolves.toBe(1);
    expect(await cursorX(page)).toBeGreaterThan(firstX);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await cursorX(page)).toBe(firstX);
    await page.keyboard.press('End');
    expect(await said(page)).toBe(
      'At 1,330 ms the short poll’s response with message 3 reaches the client: latency 430 ms.',
    );
    expect(await page.locator('#swim-place').textContent()).toBe('step 27 of 27');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#swim-place').textContent()).toBe('step 27 of 27');
    await page.keyboard.press('Home');
    expect(await cursorX(page)).toBe(firstX);
    expect(await page.getAttribute('#swim-says', 'aria-live')).toBe('polite');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('swim-box');
  });

  it('are gone through by buttons as well, which keep the focus', async () => {
    const page = await open();
    await page.click('[data-step="1"]');
    await page.keyboard.press('Enter');
    expect(await said(page)).toBe('At 170 ms the short poll sends a request.');
    await page.click('[data-step="-1"]');
    expect(await said(page)).toMatch(/^At 100 ms message 1 is scheduled/);
    await page.click('[data-step="1"]');
    await page.click('[data-step="first"]');
    expect(await said(page)).toMatch(/^At 100 ms message 1 is scheduled/);
  });

  it('follow another message by button or click, in every lane, label and sentence', async () => {
    const page = await open();
    expect(await agesIn(page)).toEqual(['81 ms', '82 ms', '111 ms', '430 ms']);
    await page.click('[data-follow="1"]');
    expect(await labelOf(page)).toMatch(/^Message 3 of 3/);
    await page.click('[data-follow="-1"]');
    expect(await agesIn(page)).toEqual(['81 ms', '82 ms', '141 ms', '130 ms']);
    const finding = await labelOf(page);
    expect(finding).toMatch(
      /^Message 2 of 3, scheduled at 200 ms, had a latency of 81 ms with push, 82 ms with SSE, 141 ms with the long poll and 130 ms with the short poll\./,
    );
    expect(await said(page)).toBe(finding);
    await page.locator('.swim-due[data-message="1"] text').click();
    expect(await agesIn(page)).toEqual(['81 ms', '82 ms', '81 ms', '230 ms']);
    await page.click('[data-follow="-1"]');
    expect(await labelOf(page)).toMatch(/^Message 1 of 3/);
  });

  it('show picture, finding and both tables without a script, and no button', async () => {
    const page = await open({ javaScriptEnabled: false });
    await expect(page.locator('svg.swim').isVisible()).resolves.toBe(true);
    expect(await labelOf(page)).toMatch(
      /^Message 3 of 3, scheduled at 900 ms, had a latency of 81 ms with push, .* 430 ms/,
    );
    expect(await agesIn(page)).toEqual(['81 ms', '82 ms', '111 ms', '430 ms']);
    expect(await page.locator('#swim-ages tbody tr').allInnerTexts()).toEqual([
      '1\t100\t81\t82\t81\t230',
      '2\t200\t81\t82\t141\t130',
      '3\t900\t81\t82\t111\t430',
      'mean\t–\t81\t82\t111\t263',
    ]);
    expect(await page.locator('#swim-requests tbody tr').allInnerTexts()).toEqual([
      'push (WebSocket)\t3\t0\t0\t–',
      'push (SSE)\t3\t0\t0\t–',
      'long poll\t3\t4\t1\t350',
      'short poll every 500 ms\t3\t3\t1\t–',
    ]);
    await expect(page.locator('.swim-controls').isVisible()).resolves.toBe(false);
  });

  it('scroll in their own box on a phone, with the cursor in sight', async () => {
    const page = await open({ viewport: { width: 390, height: 844 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    const inSight = () =>
      page.evaluate(() => {
        const box = document.querySelector('#swim-box')?.getBoundingClientRect();
        const cursor = document.querySelector('.swim-cursor')?.getBoundingClientRect();
        return box && cursor && cursor.left >= box.left && cursor.right <= box.right;
      });
    await page.focus('#swim-box');
    await page.keyboard.press('End');
    expect(await page.$eval('#swim-box', ({ scrollLeft }) => scrollLeft)).toBeGreaterThan(0);
    expect(await inSight()).toBe(true);
    await page.keyboard.press('Home');
    expect(await inSight()).toBe(true);
  });

  it('have other colours in the dark, and light ones on paper', async () => {
    const page = await open({ colorScheme: 'light' });
    const colours = () =>
      page.$$eval('.swim-followed-stroke, .swim-line, .swim-age', (all) =>
        all.map((one) => `${getComputedStyle(one).stroke} ${getComputedStyle(one).fill}`),
      );
    const light = await colours();
    await page.click('#theme-switch');
    const dark = await colours();
    for (const [place, colour] of dark.entries()) expect(colour).not.toBe(light[place]);
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await colours()).toEqual(light);
  });

  it('have a place in the navigation', async () => {
    const page = await open();
    await page.click('nav a[href="#one-message"]');
    expect(new URL(page.url()).hash).toBe('#one-message');
    await expect(page.locator('#one-message h2').textContent()).resolves.toBe(
      'One message over four transports',
    );
  });
});

it('a report without a trace has no such section', async () => {
  const html = await renderReport(resultWith([]));
  expect(html).not.toContain('one-message');
  expect(html).not.toContain('id="lanes"');
});
