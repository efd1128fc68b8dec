import type { Page } from 'playwright-core';

/** Which browser tests and pictures of the page use. */
export const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** What every browser of ours is started with: there is no graphics card to be had, and in a container no sandbox. */
export const browserArgs = ['--no-sandbox', '--disable-gpu'];

/** Comes back when the page's script has drawn all that it had to draw. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForSelector(':root[data-drawn]', { state: 'attached' });
}
