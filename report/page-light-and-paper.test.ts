import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { parseResult } from '../bench/result.ts';
import { drawn } from './drawn.ts';
import { blankPanels, describeInChromium, overflow, patienceMs } from './in-chromium.ts';
import { renderReport } from './render.ts';

/** As wide as A4 between its margins. */
const sheet = { width: 688, height: 1017 };

describeInChromium('the page in the dark and on paper', (open) => {
  let html: string;

  beforeAll(async () => {
    const sample = readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8');
    html = await renderReport(parseResult(sample));
  }, patienceMs);

  const groundOf = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  /** The first chart as a fingerprint: a picture is nothing to read in a message. */
  const pictureOf = async (page: Page) => {
    const picture = await page.$eval('canvas', (canvas) => (canvas as HTMLCanvasElement).toDataURL());
    return createHash('sha256').update(picture).digest('hex');
  };

  it('turns dark and light by its button, charts included, and stays so at the next visit', async () => {
    const page = await open(html, { colorScheme: 'light' });
    const light = { ground: await groundOf(page), picture: await pictureOf(page) };
    await page.click('#theme-switch');
    await drawn(page);
    const dark = { ground: await groundOf(page), picture: await pictureOf(page) };
    expect(dark.ground).not.toBe(light.ground);
    expect(dark.picture).not.toBe(light.picture);
    expect(await blankPanels(page)).toEqual([]);
    await page.reload();
    await drawn(page);
    expect({ ground: await groundOf(page), picture: await pictureOf(page) }).toEqual(dark);
    await page.click('#theme-switch');
    await drawn(page);
    expect({ ground: await groundOf(page), picture: await pictureOf(page) }).toEqual(light);
  });

  it('follows the system while nobody has chosen', async () => {
    const page = await open(html, { colorScheme: 'dark' });
    const dark = await groundOf(page);
    await page.emulateMedia({ colorScheme: 'light' });
    await drawn(page);
    expect(await groundOf(page)).not.toBe(dark);
  });

  it('draws lines in the colours of their legend where the system forces its own, in the dark and in the light', async () => {
    const page = await open(html, { colorScheme: 'light' });
    await page.click('#theme-switch');
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ forcedColors: 'active', colorScheme });
      await page.waitForFunction(linesAreAsInLegend, 'freshness-ages');
      expect(await page.locator('#theme-switch').isVisible()).toBe(false);
    }
  });

  it('prints white, with every chart and every table and nothing to press, and is as before afterwards', async () => {
    const page = await open(html, { colorScheme: 'dark', viewport: sheet });
    const before = {
      ground: await groundOf(page),
      picture: await pictureOf(page),
      open: await openTables(page),
    };
    expect(before.open).toBeLessThan(await page.locator('details.data').count());

    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await groundOf(page)).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(29, 31, 35)');
    expect(await pictureOf(page)).not.toBe(before.picture);
    expect(await blankPanels(page)).toEqual([]);
    expect(await openTables(page)).toBe(await page.locator('details.data').count());
    expect(await page.locator(':is(nav, button, .skip, #calculator):visible').count()).toBe(0);
    expect(await overflow(page)).toBe(0);
    const stretched = await page.$$eval(
      'canvas',
      (all) =>
        (all as HTMLCanvasElement[]).filter((canvas) => {
          const { width, height } = canvas.getBoundingClientRect();
          return Math.abs(width / height / (canvas.width / canvas.height) - 1) > 0.01;
        }).length,
    );
    expect(stretched).toBe(0);

    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    await drawn(page);
    expect({
      ground: await groundOf(page),
      picture: await pictureOf(page),
      open: await openTables(page),
    }).toEqual(before);
  });

  it('makes its charts ready when the browser prints by itself', async () => {
    const page = await open(html, { colorScheme: 'dark' });
    await page.evaluate(() => {
      addEventListener('beforeprint', () => {
        document.title = getComputedStyle(document.body).backgroundColor;
      });
    });
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(await page.title()).toBe('rgb(255, 255, 255)');
    // At least a sheet for each section: what is wider than a sheet makes the browser shrink all of it.
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(20);
  });
});

function openTables(page: Page): Promise<number> {
  return page.locator('details.data[open]').count();
}

/** Whether each line of a figure's legend has its colour, as the browser shows it, in the figure's first chart. */
function linesAreAsInLegend(figureId: string): boolean {
  const figure = document.getElementById(figureId);
  const canvas = figure?.querySelector('canvas');
  const { data } = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {};
  const lines = [...(figure?.querySelectorAll('.legend line') ?? [])];
  const drawn = new Set<string>();
  for (let at = 0; data && at < data.length; at += 4)
    if (data[at + 3] === 255) drawn.add(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`);
  return lines.length > 1 && lines.every((line) => drawn.has(getComputedStyle(line).stroke));
}
