import type { Page } from 'playwright-core';

/** Comes back when the page's script has drawn all that it had to draw. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForSelector(':root[data-drawn]', { state: 'attached' });
}
