import type { Page } from 'playwright-core';

/** Resolves when the page's script has drawn all charts. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForSelector(':root[data-drawn]', { state: 'attached' });
}
