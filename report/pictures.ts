import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stop } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { parseResult } from '../bench/result.ts';
import { launchBrowser } from '../clients/shared/browser.ts';
import { isProgram } from '../servers/commands/begin.ts';
import { begin, command, exitCodeOf, exitCodes, Refusal } from '../servers/commands/command.ts';
import { writeProblem } from '../servers/commands/problems.ts';
import { drawn } from './drawn.ts';
import { renderReport } from './render.ts';

/**
 * `npm run pictures`: takes the screenshots of the README files again, from the report of the sample. They go to
 * `report/sample/`. Prints the time of the first paint and the time at which the visible charts were drawn.
 *
 * Exit codes: 0 taken; 2 the command line is wrong; 3 the screenshots can't be written.
 */
export const pictures = [
  { name: 'first-screen', width: 1280, height: 800 },
  { name: 'one-message', width: 1280, height: 800, section: 'one-message' },
] as const;

type Picture = { name: string; width: number; height: number; section?: string };

async function main(): Promise<void> {
  const sample = fileURLToPath(new URL('./sample/', import.meta.url));
  try {
    accessSync(sample, constants.W_OK);
  } catch (error) {
    const reason = writeProblem(sample, error as Error, 'run this in a checkout that you may write to');
    throw new Refusal(reason, exitCodes.environment);
  }
  const html = await renderReport(parseResult(readFileSync(join(sample, 'results.json'), 'utf8')));
  await stop();
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  writeFileSync(join(folder, 'report.html'), html);
  const browser = await launchBrowser();
  try {
    for (const picture of pictures) {
      const page = await open(browser, join(folder, 'report.html'), picture);
      await page.screenshot({ path: join(sample, `${picture.name}.png`) });
      console.log(`${picture.name}.png  ${await paintTimes(page)}`);
      await page.context().close();
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function open(browser: Browser, file: string, picture: Picture): Promise<Page> {
  const { width, height, section } = picture;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: 'light',
    offline: true,
  });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href + (section ? `#${section}` : ''));
  await drawn(page);
  return page;
}

/** When the first words were there, and when the charts were, in milliseconds from the start. */
function paintTimes(page: Page): Promise<string> {
  return page.evaluate(() => {
    const [first] = performance.getEntriesByName('first-contentful-paint');
    const [charts] = performance.getEntriesByName('charts-drawn');
    return `first paint ${first?.startTime.toFixed(0)} ms, charts ${charts?.startTime.toFixed(0)} ms`;
  });
}

if (isProgram(import.meta.url)) {
  begin(
    command(
      'npm run pictures --',
      'Takes the screenshots of the README files again, from the sample’s report.',
    ),
  );
  process.exitCode = await exitCodeOf(main);
}
