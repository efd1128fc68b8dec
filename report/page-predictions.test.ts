import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { parseResult } from '../bench/result.ts';
import { drawn } from './drawn.ts';
import { describeInChromium } from './in-chromium.ts';
import { renderReport } from './render.ts';

const result = parseResult(readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8'));

describeInChromium('predictions in the page', (open) => {
  let html: string;

  beforeAll(async () => {
    html = await renderReport(result);
  });

  const questionOf = (page: Page, id: string) => page.locator(`[data-prediction=${id}]`);
  const areShown = (all: Locator) =>
    all.evaluateAll((some) => some.map((one) => (one as HTMLElement).checkVisibility()));

  it('are asked of every experiment, and nothing is answered before somebody chose', async () => {
    const page = await open(html);
    const asked = await page.$$eval('[data-prediction]', (all) =>
      all.map((one) => (one as HTMLElement).dataset.prediction),
    );
    expect(asked).toEqual(result.experiments.map(({ id }) => id));
    expect(new Set(await areShown(page.locator('.why, .predicted, .answer p')))).toEqual(new Set([false]));
  });

  it('are answered where they were chosen and repeated beside what was measured', async () => {
    const page = await open(html);
    const [experiment] = result.experiments;
    const { choices, right } = experiment?.prediction ?? { choices: [], right: 0 };
    const wrong = right === 0 ? 1 : 0;
    const question = questionOf(page, 'freshness');
    await question.locator('.choice').nth(wrong).click();
    expect(new Set(await areShown(question.locator('.why')))).toEqual(new Set([true]));
    expect(await question.locator('.choice-right .why').textContent()).toContain(choices[right]?.why);

    const beside = page.locator('#freshness .predicted');
    expect(await beside.textContent()).toContain(`${'ABCD'[wrong]}: ${choices[wrong]?.text} Wrong.`);
    await question.locator('.choice-right').click();
    expect(await beside.textContent()).toContain(`${'ABCD'[right]}: ${choices[right]?.text} Right.`);
    await page.locator('#freshness .predicted + .happened').waitFor();
    expect(await page.locator('#distance .predicted').isVisible()).toBe(false);
  });

  it('are made by keyboard alone, and kept until the next visit', async () => {
    const page = await open(html);
    const question = questionOf(page, 'crowd');
    await question.locator('input').first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await question.locator('input').evaluateAll(checkedOf)).toEqual([false, false, true, false]);
    const said = await page.locator('#crowd .predicted').textContent();

    await page.reload();
    await drawn(page);
    expect(await question.locator('input').evaluateAll(checkedOf)).toEqual([false, false, true, false]);
    expect(await page.locator('#crowd .predicted').textContent()).toBe(said);
    expect(new Set(await areShown(question.locator('.why')))).toEqual(new Set([true]));
  });

  it('are answered without a script as well', async () => {
    const page = await open(html, { javaScriptEnabled: false });
    const question = questionOf(page, 'offline');
    await question.locator('.answer summary').click();
    await question.locator('.answer p').waitFor();
    await question.locator('.choice').first().click();
    await question.locator('.choice-right .why').waitFor();
  });
});

function checkedOf(inputs: (HTMLElement | SVGElement)[]): boolean[] {
  return inputs.map((input) => (input as HTMLInputElement).checked);
}
