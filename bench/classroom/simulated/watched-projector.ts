import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../../clients/shared/browser.ts';

/** How often its pictures are counted: the page says how many there were in the last second. */
const lookEveryMs = 1000;

/**
 * The projector's page in a real browser of the size of a projector, to see what a crowd does to it: how many
 * pictures a second it paints, and whether its counts and the servers' agree in the end.
 */
export class WatchedProjector {
  /** Pictures a second, one number for each second. */
  readonly picturesPerSecond: number[] = [];
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #looking: NodeJS.Timeout;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
    this.#looking = setInterval(() => void this.#look(), lookEveryMs);
  }

  /** Opens the projector's page. Rejects without a browser, and when the page does not connect its lanes. */
  static async open(url: string): Promise<WatchedProjector> {
    const browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(url);
    await page.locator('[data-lane=push] [data-compared=messages]:not([data-server="0"])').waitFor();
    return new WatchedProjector(browser, page);
  }

  /** Pauses the source, saves the lesson, and returns where its report is, and which counts do not agree. */
  async finish(): Promise<{ saved: string; differing: string[] }> {
    clearInterval(this.#looking);
    await this.#page.keyboard.press('Space');
    await this.#page.locator('.paused').waitFor();
    await this.#page.keyboard.press('s');
    const link = this.#page.locator('.saved');
    await link.waitFor({ timeout: 120_000 });
    const saved = new URL((await link.getAttribute('href')) ?? '', this.#page.url()).href;
    return { saved, differing: await this.#differing() };
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    await this.#browser.close();
  }

  async #look(): Promise<void> {
    const text = await this.#page
      .locator('[data-frames]')
      .getAttribute('data-frames')
      .catch(() => null);
    if (text !== null) this.picturesPerSecond.push(Number(text));
  }

  /** Counts that page and server do not agree on, by what the server has counted from now on. */
  async #differing(): Promise<string[]> {
    const sinceMs = await this.#counted();
    while ((await this.#counted()) === sinceMs) await this.#page.waitForTimeout(lookEveryMs);
    return this.#page.$$eval('[data-lane] [data-compared]', (counts) =>
      (counts as HTMLElement[])
        .filter(({ dataset }) => dataset.page !== dataset.server)
        .map((count) => {
          const { compared, page, server } = count.dataset;
          return `${compared} of ${count.closest<HTMLElement>('[data-lane]')?.dataset.lane}: ${page} by the page, ${server} by the server`;
        }),
    );
  }

  async #counted(): Promise<number> {
    return Number(await this.#page.locator('[data-counted]').getAttribute('data-counted'));
  }
}
