import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { parseResult } from '../bench/result.ts';
import { describeInChromium, patienceMs } from './in-chromium.ts';
import { renderReport } from './render.ts';

describeInChromium('the page by keyboard', (open) => {
  let html: string;

  beforeAll(async () => {
    const sample = readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8');
    html = await renderReport(parseResult(sample));
  }, patienceMs);

  it('can be gone through from end to end, in the order in which it reads, with the focus in sight', async () => {
    const page = await open(html, { reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
    const expected = await tabStops(page);
    expect(expected.length).toBeGreaterThan(100);

    const stops: Stop[] = [];
    // The browser may stop at boxes of its own choice that scroll; twice as many steps would be a trap.
    while (stops.length < 2 * expected.length) {
      await page.keyboard.press('Tab');
      const stop = await stopOf(page);
      if (!stop) break;
      stops.push(stop);
    }
    expect(await stopOf(page)).toBeUndefined();
    const numbers = stops.map(({ number }) => number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(expected.filter((number) => !numbers.includes(number))).toEqual([]);
    expect(stops.filter(({ isMarked, isInSight }) => !isMarked || !isInSight)).toEqual([]);
  });

  it('begins with a way past the list of sections', async () => {
    const page = await open(html, { reducedMotion: 'reduce' });
    await page.keyboard.press('Tab');
    const skip = page.locator('.skip');
    expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true);
    expect((await skip.boundingBox())?.x).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#verdicts');
    await page.keyboard.press('Tab');
    const isInVerdicts = () => document.activeElement?.closest('#verdicts') !== null;
    expect(await page.evaluate(isInVerdicts)).toBe(true);
  });

  it('has its sections in a menu on a phone, which opens, leads and closes', async () => {
    const page = await open(html, { reducedMotion: 'reduce', viewport: { width: 390, height: 844 } });
    const button = page.locator('.sections-button');
    const menu = page.locator('#sections');
    expect(await menu.isVisible()).toBe(false);
    await button.focus();
    await page.keyboard.press('Enter');
    await menu.waitFor();
    await page.keyboard.press('Escape');
    expect(await menu.isVisible()).toBe(false);
    expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);

    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Verdicts');
    await menu.locator('[href="#crowd"]').focus();
    await page.keyboard.press('Enter');
    expect(await menu.isVisible()).toBe(false);
    expect(new URL(page.url()).hash).toBe('#crowd');
  });

  it('marks the section that is being read', async () => {
    const page = await open(html, { reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
    for (const section of ['herd', 'freshness', 'measured']) {
      await page.locator(`nav [href="#${section}"]`).press('Enter');
      await page.waitForSelector(`nav [href="#${section}"][aria-current]`);
      expect(await page.locator('nav [aria-current]').count()).toBe(1);
    }
  });

  it('has its menu and its folded answers without a script as well', async () => {
    const page = await open(html, {
      javaScriptEnabled: false,
      reducedMotion: 'reduce',
      viewport: { width: 390, height: 844 },
    });
    await page.locator('.sections-button').press('Enter');
    await page.locator('#sections').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.answer summary').first().press('Enter');
    await page.locator('.answer p').first().waitFor();
  });
});

/** Where the focus was: the place of the element in the page, whether something marks it, and whether it is in the window. */
type Stop = { number: number; element: string; isMarked: boolean; isInSight: boolean };

/** The places in the page of all that has to be reached: of radio buttons one in each group. */
function tabStops(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll('*')];
    const groups = new Set<string>();
    return [...document.querySelectorAll<HTMLElement>('a[href], button, input, summary, [tabindex="0"]')]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }))
      .filter((element) => {
        if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return true;
        const isFirst = !groups.has(element.name);
        groups.add(element.name);
        return isFirst;
      })
      .map((element) => all.indexOf(element));
  });
}

/** `undefined` when the focus has left the page. */
function stopOf(page: Page): Promise<Stop | undefined> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    if (!element || element === document.body || element === document.documentElement) return undefined;
    // A radio button is not to be seen: its label is what is marked.
    const shown = element.closest<HTMLElement>('.choice') ?? element;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const { top, bottom } = shown.getBoundingClientRect();
    const coveredTo = element.closest('nav, .skip')
      ? 0
      : (document.querySelector('nav')?.getBoundingClientRect().bottom ?? 0);
    return {
      number: [...document.querySelectorAll('*')].indexOf(element),
      element: element.outerHTML.slice(0, 120),
      isMarked: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
      isInSight: bottom > coveredTo && top < innerHeight,
    };
  });
}
