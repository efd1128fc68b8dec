import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { hasBrowserFor, sharedBrowser } from '../clients/shared/browser.ts';
import { drawn } from './drawn.ts';

/** Timeout of a test or its preparation: long, because a browser on a busy machine is slow. */
export const patienceMs = 120_000;

/** Opens a page as a reader does: from a file, without a network. Comes back when all charts are drawn. */
export type Open = (html: string, options?: BrowserContextOptions) => Promise<Page>;

/**
 * Tests of the page in a real browser. No test may end with an error in the console or a request to anybody.
 * Without a browser they are skipped, which a line says; with `CI` in the environment they fail.
 */
export function describeInChromium(subject: string, tests: (open: Open) => void): void {
  const hasBrowser = hasBrowserFor(subject);

  describe.skipIf(!hasBrowser)(subject, { timeout: patienceMs }, () => {
    let browser: Browser;
    let folder: string;
    let opened: { page: Page; errors: string[]; requests: string[] }[] = [];

    beforeAll(async () => {
      browser = await sharedBrowser();
      folder = mkdtempSync(join(tmpdir(), 'report-'));
    });

    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true });
    });

    afterEach(async () => {
      const all = opened;
      opened = [];
      for (const { page } of all) await page.context().close();
      for (const { errors, requests } of all) {
        expect(errors).toEqual([]);
        expect(requests).toEqual([]);
      }
    });

    tests(async (html, options = {}) => {
      const file = join(folder, 'report.html');
      writeFileSync(file, html);
      const context = await browser.newContext({ offline: true, acceptDownloads: true, ...options });
      context.setDefaultTimeout(patienceMs);
      const page = await context.newPage();
      const address = pathToFileURL(file).href;
      const seen = { page, errors: [] as string[], requests: [] as string[] };
      opened.push(seen);
      page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
      page.on('pageerror', ({ message }) => seen.errors.push(message));
      page.on('dialog', async (dialog) => {
        seen.errors.push(`a dialog: ${dialog.message()}`);
        await dialog.dismiss();
      });
      page.on('request', (request) => {
        const isOwn = request.url() === address || /^(data|blob):/.test(request.url());
        if (!isOwn) seen.requests.push(request.url());
      });
      await page.goto(address);
      if (options.javaScriptEnabled !== false) await drawn(page);
      return page;
    });
  });
}

/** The ids of the panels whose canvas shows nothing. */
export function blankPanels(page: Page): Promise<(string | undefined)[]> {
  return page.$$eval('canvas[data-panel]', (canvases) =>
    (canvases as HTMLCanvasElement[])
      .filter((canvas) => {
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {};
        return new Set(data && new Uint32Array(data.buffer)).size < 10;
      })
      .map(({ dataset }) => dataset.panel),
  );
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
