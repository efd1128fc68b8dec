import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { parseResult } from '../bench/result.ts';
import { describeInChromium, patienceMs } from './in-chromium.ts';
import { renderReport } from './render.ts';

describeInChromium('the page by the rules of WCAG, as axe checks them', (open) => {
  let html: string;

  beforeAll(async () => {
    const sample = readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8');
    html = await renderReport(parseResult(sample));
  }, patienceMs);

  const contrast = 'color-contrast';

  it('has no serious fault in light colours', async () => {
    const page = await open(html, { colorScheme: 'light' });
    await unfold(page);
    expect(await seriousFaults(axeFor(page))).toEqual([]);
  });

  it('has colours that stand out in the dark', async () => {
    const page = await open(html, { colorScheme: 'dark' });
    await unfold(page);
    expect(await seriousFaults(axeFor(page).withRules(contrast))).toEqual([]);
  });

  it('has no serious fault on a phone', async () => {
    const page = await open(html, { viewport: { width: 390, height: 844 } });
    await unfold(page);
    expect(await seriousFaults(axeFor(page).disableRules(contrast))).toEqual([]);
  });

  it('has no serious fault without its script', async () => {
    // Axe is a script itself, so the browser may run some; the page has none, and says that nothing is left to draw.
    const still = html.replace(/<script>.*<\/script>/s, '').replace('<html ', '<html data-drawn ');
    const page = await open(still);
    await page.locator('.says').first().waitFor();
    expect(await seriousFaults(axeFor(page).disableRules(contrast))).toEqual([]);
  });
});

/** One row of a table is like the next, and there are thousands. */
function axeFor(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode().exclude('tbody tr:nth-child(n+4)');
}

/** What axe calls serious or critical: the rule, and where. */
async function seriousFaults(axe: AxeBuilder) {
  const { violations, passes } = await axe.analyze();
  expect(passes.length).toBeGreaterThan(0);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html.slice(0, 200)) }));
}

/** Opens all that is folded and answers every question, so that nothing escapes the check. */
function unfold(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const choice of document.querySelectorAll<HTMLElement>('.choice')) choice.click();
  });
}
