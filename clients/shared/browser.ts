import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** The browser that tests, pictures and the crowd's projector drive. */
export const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** The popup of the address bar is a separate page in Chromium, and loads more slowly than our pages do. */
const unseen = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'];

/** Starts it without a graphics card, without a sandbox, which no container allows, and without some features. */
export function launchBrowser(without: readonly string[] = []): Promise<Browser> {
  const features = [...unseen, ...without].join(',');
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', `--disable-features=${features}`],
  });
}

let shared: Promise<Browser> | undefined;

/** The browser that all tests of a process share. It ends with the process, and starts again after a crash. */
export async function sharedBrowser(): Promise<Browser> {
  const browser = await shared?.catch(() => undefined);
  if (!browser?.isConnected()) shared = launchBrowser();
  return shared as Promise<Browser>;
}

/** Whether there is a browser for these tests. Without one they are skipped; with `CI` in the environment it throws. */
export function hasBrowserFor(tests: string): boolean {
  if (existsSync(executablePath)) return true;
  const missing = `${tests}: found no browser at ${executablePath}; set CHROMIUM_PATH`;
  if (process.env.CI) throw new Error(missing);
  console.warn(`skipped: ${missing}`);
  return false;
}
