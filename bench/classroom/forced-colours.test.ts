import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasBrowserFor, launchBrowser } from '../../clients/shared/browser.ts';
import { Classroom } from './classroom.ts';

describe.skipIf(!hasBrowserFor('the classroom in forced colours'))('the classroom in forced colours', () => {
  it('paints each lane in the colour of its sign, in the dark and in the light', {
    timeout: 240_000,
  }, async () => {
    const runsFolder = mkdtempSync(join(tmpdir(), 'classroom-'));
    const classroom = await Classroom.open({ runsFolder });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
      await page.goto(classroom.front.presenterUrl);
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ forcedColors: 'active', colorScheme });
        await page.waitForFunction(lanesAreAsTheirSigns);
      }
      await page.click('.reach');
      await page.locator('.reach[aria-pressed=true]').waitFor();
      const [ground, others] = await page.$$eval('.reach', (buttons) =>
        buttons.map((button) => getComputedStyle(button).backgroundColor),
      );
      expect(ground).not.toBe(others);
    } finally {
      await browser.close();
      await classroom.close();
      rmSync(runsFolder, { recursive: true, force: true });
    }
  });
});

/** Whether each lane's picture has the colour of the lane's sign, as the browser shows it. */
function lanesAreAsTheirSigns(): boolean {
  const lanes = [...document.querySelectorAll('[data-lane]')];
  const drawnOn = (canvas: HTMLCanvasElement | null) => {
    const { data } = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {};
    const drawn = new Set<string>();
    for (let at = 0; data && at < data.length; at += 4)
      if (data[at + 3] === 255) drawn.add(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`);
    return drawn;
  };
  return (
    lanes.length > 1 &&
    lanes.every((lane) => {
      const sign = lane.querySelector('.sign');
      return sign !== null && drawnOn(lane.querySelector('canvas')).has(getComputedStyle(sign).fill);
    })
  );
}
