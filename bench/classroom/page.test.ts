import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LaneName, laneNames } from '../../clients/classroom/protocol.ts';
import { hasBrowserFor, launchBrowser } from '../../clients/shared/browser.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { Classroom } from './classroom.ts';

/** The classroom as a teacher and a class have it: real servers, real pages, in a real browser. */
const hasBrowser = hasBrowserFor('the classroom in a browser');

const projectorSize = { width: 1280, height: 720 };
const phoneSize = { width: 390, height: 844 };

describe.skipIf(!hasBrowser)('the classroom in Chromium', { timeout: 240_000 }, () => {
  let browser: Browser;
  let classroom: Classroom;
  let runsFolder: string;
  let opened: { page: Page; errors: string[] }[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(() => browser.close());

  beforeEach(async () => {
    runsFolder = mkdtempSync(join(tmpdir(), 'classroom-'));
    classroom = await Classroom.open({ runsFolder, tickEveryMs: 200 });
  });

  /** No test may end with an error in a console. */
  afterEach(async () => {
    const all = opened;
    opened = [];
    for (const { page } of all) await page.context().close();
    await classroom.close();
    rmSync(runsFolder, { recursive: true, force: true });
    for (const { errors } of all) expect(errors).toEqual([]);
  });

  async function open(url: string, options: BrowserContextOptions): Promise<Page> {
    const page = await (await browser.newContext({ reducedMotion: 'reduce', ...options })).newPage();
    const errors: string[] = [];
    opened.push({ page, errors });
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(url);
    return page;
  }

  /** The projector's page, once all its lanes are connected. */
  async function projector(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await open(classroom.front.presenterUrl, { viewport: projectorSize, ...options });
    await lanesAgree(page);
    return page;
  }

  async function phone(name: string): Promise<Page> {
    const page = await open(classroom.front.joinUrl, { viewport: phoneSize });
    await page.fill('[name=code]', classroom.front.access.members.code);
    await page.fill('[name=name]', name);
    await page.click('button.main');
    await page.locator('.my-name').waitFor();
    return page;
  }

  it('shows figures that agree with the servers’ own, exactly, once it is paused', async () => {
    const page = await projector();
    await set(page, 'ratePerSecond', 20);
    await figure(page, 'short-poll', 'messages', (messages) => messages >= 40);
    await page.keyboard.press('Space');
    await page.locator('.paused').waitFor();
    const counts = await lanesAgree(page);
    const { head } = classroom;
    for (const lane of laneNames) expect(counts[lane].messages).toBeGreaterThanOrEqual(40);
    expect(counts['short-poll'].empty).toBeGreaterThan(0);
    expect(await page.locator('[data-head]').getAttribute('data-head')).toBe(String(head));
    await page.keyboard.press('Space');
    await figure(page, 'push', 'messages', (messages) => messages > counts.push.messages);
  });

  it('fills the page’s inbox when the push client’s handler is slow, and its data grow old', async () => {
    const page = await projector();
    const before = await quiet(page, () => classroom.head);
    await set(page, 'handlingMs', 3000);
    await set(page, 'ratePerSecond', 20);
    await figure(page, 'push', 'waiting', (messages) => messages > 50);
    await figure(page, 'push', 'behind', (ageMs) => ageMs > 2000);
    expect(await more(page, 'push', 'waiting')).toBe(0);
    await page.keyboard.press('Space');
    await set(page, 'handlingMs', 0);
    await figure(page, 'push', 'waiting', (messages) => messages === 0);
    const counts = await lanesAgree(page);
    // One of them may have subscribed a message earlier.
    expect(counts.push.messages - before.push.messages).toBe(counts.sse.messages - before.sse.messages);
  });

  it('fills the server when the push client blocks, in real bytes, and drains again', async () => {
    const page = await projector();
    for (const lane of ['sse', 'long-poll', 'short-poll'] as const) await outOfReach(page, lane);
    await set(page, 'policy', 'unbounded');
    await set(page, 'payloadBytes', 65_536);
    await set(page, 'handlingMs', 1000);
    await set(page, 'slowBy', 'block');
    await set(page, 'ratePerSecond', 50);
    await page.waitForFunction(
      () =>
        Number(document.querySelector<HTMLElement>('[data-lane=push] [data-figure=waiting]')?.dataset.more) >
        1_000_000,
    );
    await figure(page, 'push', 'behind', (ageMs) => ageMs > 2000);
    await figure(page, 'push', 'waiting', (messages) => messages <= 1);
    await set(page, 'ratePerSecond', 0);
    await set(page, 'handlingMs', 0);
    await figure(page, 'push', 'behind', (ageMs) => ageMs === 0);
    // The page knows at once that it has all; what waits in the server it knows from the next counts.
    await expect.poll(() => more(page, 'push', 'waiting'), { timeout: 90_000 }).toBe(0);
    await figure(page, 'push', 'missed', (messages) => messages === 0);
  });

  it('takes a lane out of reach and back: with its cursor nothing is lost', async () => {
    const page = await projector();
    const before = await quiet(page, () => classroom.head);
    await page.keyboard.press('o');
    await page.locator('[data-lane=push] .reach[aria-pressed=true]').waitFor();
    await sendThree(page, () => classroom.head);
    await figure(page, 'sse', 'messages', (messages) => messages === before.sse.messages + 3);
    await figure(page, 'push', 'behind', (ageMs) => ageMs > 0);
    await page.keyboard.press('o');
    await figure(page, 'push', 'messages', (messages) => messages === before.push.messages + 3);
    await lanesAgree(page);
    await figure(page, 'push', 'missed', (messages) => messages === 0);
    await figure(page, 'push', 'behind', (ageMs) => ageMs === 0);
  });

  it.each(laneNames)('counts what %s has lost when it comes back without a cursor', async (lane) => {
    const page = await projector();
    await set(page, 'replay', false);
    const before = await quiet(page, () => classroom.head);
    await outOfReach(page, lane);
    await sendThree(page, () => classroom.head);
    const other = lane === 'sse' ? 'push' : 'sse';
    await figure(page, other, 'messages', (messages) => messages === before[other].messages + 3);
    await page.locator(`[data-lane=${lane}] .reach`).click();
    await figure(page, lane, 'missed', (messages) => messages === 3);
    await page.keyboard.press('.');
    await figure(page, lane, 'messages', (messages) => messages === before[lane].messages + 1);
    await figure(page, lane, 'missed', (messages) => messages === 3);
  });

  it('asks the question first, hides the votes until they are closed, and shows them beside what was measured', async () => {
    const page = await projector();
    const spy = '<img src=x onerror="document.title=1">';
    const students = [await phone('Ada'), await phone(spy), await phone('Grace')];
    expect(await students[1]?.locator('.my-name').textContent()).toBe(spy);

    // Keys that follow one another quickly do what they would do slowly.
    await page.keyboard.press('1');
    await page.keyboard.press('v');
    await page.locator('[data-do=close]').waitFor();
    expect(await page.locator('.lanes').first().isVisible()).toBe(false);
    for (const [index, student] of students.entries())
      await student
        .locator('.ballot button')
        .nth(index === 0 ? 0 : 1)
        .click();
    await page.locator('.voted', { hasText: '3 of 3 people have voted' }).waitFor();
    for (const one of [page, ...students]) {
      expect(await one.locator('.votes, .choice-right, .bar').count()).toBe(0);
      expect(await one.locator('canvas:visible').count()).toBe(0);
    }

    await page.fill('[aria-label="Hands for D"]', '4');
    // What was measured counts from the scene on: some messages for that, and one poll more until the page has told it.
    const before = await messagesOf(page, 'short-poll');
    await figure(page, 'short-poll', 'messages', (messages) => messages >= before + 10);
    await page.locator('[data-do=close]', { hasText: 'with 4 hands' }).waitFor();
    // A field takes the keys as long as it has the focus.
    await page.locator('[aria-label="Hands for D"]').blur();
    await page.keyboard.press('v');
    await page.locator('.gate-closed').waitFor();
    expect(await page.locator('[data-votes]').allTextContents()).toEqual(['1', '2', '0', '4']);
    expect(await page.locator('.choice-right .letter').textContent()).toBe('B');
    expect(await page.locator('.measured p').textContent()).toMatch(
      /median latency of short polling was .*\d/,
    );
    for (const student of students) {
      await student.locator('.choice-right').waitFor();
      expect(await student.locator('.votes b').allTextContents()).toEqual(['1', '2', '0', '4']);
    }
    await page.keyboard.press('v');
    await page.locator('canvas:visible').first().waitFor();
    for (const one of [page, ...students]) expect(await one.title()).not.toBe('1');
  });

  it('makes phones clients, and shows the class’s delays by transport', async () => {
    const page = await projector();
    const student = await phone('Ada');
    await student.click('[data-transport=sse]');
    await student.locator('[data-figure=messages]:not(:text-is("0"))').waitFor();
    const other = await phone('Grace');
    await other.click('[data-transport=assign]');
    await other.locator('.my-figures').waitFor();
    expect(await other.locator('[data-lane]').getAttribute('data-lane')).not.toBe('sse');
    await page.keyboard.press('c');
    await page.locator('[data-class=sse] .figure b', { hasText: /^1$/ }).first().waitFor();
    await page.waitForFunction(() => {
      const figures = document.querySelectorAll('[data-class=sse] .figure');
      const [, messages, , , leftOut] = [...figures].map(({ textContent }) => Number(textContent));
      return (
        (messages ?? 0) > 0 &&
        document.querySelectorAll('[data-class=sse] .dots-dot').length + (leftOut ?? 0) === 1
      );
    });
  });

  it('saves the lesson, and opens its report', async () => {
    const page = await projector();
    await figure(page, 'push', 'messages', (messages) => messages >= 3);
    await page.keyboard.press('s');
    const link = page.locator('.saved');
    await link.waitFor({ timeout: 90_000 });
    const [report] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    await report.waitForLoadState();
    expect(await report.title()).toContain('Push versus polling');
    await report.locator('h1', { hasText: 'Numbers of the lesson' }).waitFor();
    const shown = await report.locator('#lesson-1-lanes tbody tr').first().textContent();
    expect(shown).toMatch(/push.*[1-9]/);
  });

  it('gives way to another projector page, and says so', async () => {
    const first = await projector();
    const second = await projector();
    await first.locator('.notice', { hasText: 'Another page has taken over' }).waitFor();
    await figure(second, 'push', 'messages', (messages) => messages > 0);
    await lanesAgree(second);
    // Clients of the first one may have asked once more before they heard of it, and are refused.
    expect(opened[0]?.errors.splice(0).filter((error) => !error.includes('403'))).toEqual([]);
  });

  it('begins at zero after a reset, on both sides', async () => {
    const page = await projector();
    await set(page, 'ratePerSecond', 50);
    await figure(page, 'push', 'messages', (messages) => messages > 20);
    const { head } = classroom;
    await page.keyboard.press('r');
    await page.locator("[data-setting=ratePerSecond][data-holds='2']").waitFor();
    await page.keyboard.press('Space');
    await page.locator('.paused').waitFor();
    const counts = await lanesAgree(page);
    expect(counts.push.requests).toBe(1);
    expect(counts.push.messages).toBeLessThanOrEqual(classroom.head - head);
  });

  it('resets once while the key is held or the button clicked twice, and leaks no client', async () => {
    const page = await projector();
    expect(page.workers().length).toBe(laneNames.length);
    await set(page, 'ratePerSecond', 50);
    await page.evaluate(() => {
      const press = (repeat: boolean) =>
        document.dispatchEvent(new KeyboardEvent('keydown', { key: 'r', bubbles: true, repeat }));
      press(false);
      for (let held = 0; held < 20; held += 1) press(true);
      const reset = [...document.querySelectorAll('button')].find((button) =>
        button.textContent?.startsWith('Reset'),
      );
      reset?.click();
      reset?.click();
    });
    await page.locator("[data-setting=ratePerSecond][data-holds='2']").waitFor();
    await page.keyboard.press('Space');
    await page.locator('.paused').waitFor();
    await lanesAgree(page);
    await expect.poll(() => page.workers().length).toBe(laneNames.length);
  });

  it('shows after a reload what it showed before, and a phone is what it was', async () => {
    const page = await projector();
    const student = await phone('Ada');
    await student.click('[data-transport=long-poll]');
    await student.locator('[data-figure=messages]:not(:text-is("0"))').waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('v');
    await page.locator('[data-do=close]').waitFor();
    await student.locator('.ballot button').nth(2).click();
    await student.locator('[role=status]', { hasText: 'Your answer C is counted' }).waitFor();
    await student.reload();
    await student.locator('[role=status]', { hasText: 'Your answer C is counted' }).waitFor();
    await student.locator('[data-transport=long-poll][aria-pressed=true]').waitFor();

    await page.fill('[aria-label="Hands for B"]', '7');
    await page.reload();
    await page.locator('[data-do=close]', { hasText: 'with 7 hands' }).waitFor();
    await page.click('[data-do=close]');
    await page.locator('.gate-closed').waitFor();
    expect(await page.locator('[data-votes]').allTextContents()).toEqual(['0', '7', '1', '0']);
    await page.keyboard.press('v');
    await page.keyboard.press('2');
    await page.locator('[data-question=requests-per-message]').waitFor();
    await page.reload();
    await page.locator('[data-question=requests-per-message]').waitFor();
    // Closed connections of the pages that were there before.
    for (const { errors } of opened) errors.splice(0);
  });

  it('works in a browser that blocks cookies, as long as the page is there', async () => {
    const refuseStorage = () => {
      for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('Access is denied for this document.', 'SecurityError');
          },
        });
    };
    const open = async (url: string, viewport: { width: number; height: number }) => {
      const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
      await context.addInitScript(refuseStorage);
      const page = await context.newPage();
      opened.push({ page, errors: [] });
      page.on('pageerror', ({ message }) => opened.at(-1)?.errors.push(message));
      await page.goto(url);
      return page;
    };
    const page = await open(classroom.front.presenterUrl, projectorSize);
    await lanesAgree(page);
    const student = await open(classroom.front.joinUrl, phoneSize);
    await student.fill('[name=code]', classroom.front.access.members.code);
    await student.fill('[name=name]', 'Ada');
    await student.click('button.main');
    await student.click('[data-transport=push]');
    await student.locator('[data-figure=messages]:not(:text-is("0"))').waitFor();
  });

  it('says that the browser holds a stream back, and not that nothing happens', async () => {
    const context = await browser.newContext({ viewport: phoneSize, reducedMotion: 'reduce' });
    const { members } = classroom.front.access;
    const tabs: Page[] = [];
    for (let tab = 0; tab < 7; tab += 1) {
      const student = await context.newPage();
      tabs.push(student);
      await student.goto(`${classroom.front.joinUrl}#${members.code}`);
      await student.fill('[name=name]', `tab ${tab}`);
      await student.click('button.main');
      await student.click('[data-transport=sse]');
      if (tab < 6) await student.locator('[data-figure=messages]:not(:text-is("0"))').waitFor();
    }
    await tabs[6]?.locator('.problem', { hasText: 'at most six connections' }).waitFor({ timeout: 90_000 });
    await tabs[0]?.close();
    await tabs[6]?.locator('[data-figure=messages]:not(:text-is("0"))').waitFor({ timeout: 90_000 });
    await tabs[6]?.locator('.problem', { hasText: 'at most six connections' }).waitFor({ state: 'hidden' });
    await context.close();
  });

  it('leaves the class, and can join again', async () => {
    const page = await projector();
    const student = await phone('Ada');
    await student.click('.leave');
    await student.locator('[name=code]').waitFor();
    await expect.poll(() => classroom.front.access.members.present.length).toBe(0);
    expect(await student.inputValue('[name=name]')).toBe('Ada');
    await lanesAgree(page);
  });

  it('does everything by keyboard', async () => {
    const page = await projector();
    for (const [key, sees] of [
      ['?', '.keys'],
      ['?', 'canvas:visible'],
      ['4', '[data-question=long-poll-far-away]'],
      ['Escape', 'canvas:visible'],
      ['v', '[data-question=long-poll-far-away]'],
      ['v', '[data-do=close]'],
      ['v', '.gate-closed'],
      ['n', '[data-question=push-far-away]'],
      ['v', '.gate-closed'],
      ['v', 'canvas:visible'],
      ['ArrowDown', '[data-lane=sse].lane-selected'],
      ['o', '[data-lane=sse] .reach[aria-pressed=true]'],
      ['o', '[data-lane=sse] .reach[aria-pressed=false]'],
      ['c', '.class-view:visible'],
      ['c', 'canvas:visible'],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(sees).first().waitFor();
    }
    await page.keyboard.press('Tab');
    const first = await page.evaluate(() => document.activeElement?.tagName);
    expect(first).toBe('BUTTON');
  });

  it.each([
    ['light', 'light'],
    ['dark', 'dark'],
  ] as const)('fits its screens and has nothing serious for axe to find, in %s', async (_, colorScheme) => {
    const page = await projector({ colorScheme });
    const student = await open(classroom.front.joinUrl, { viewport: phoneSize, colorScheme });
    expect(await problemsOf(student)).toEqual([]);
    await student.fill('[name=code]', classroom.front.access.members.code);
    await student.fill('[name=name]', 'Ada');
    await student.click('button.main');
    await student.click('[data-transport=push]');
    for (const [key, sees, seesPhone] of [
      ['?', '.keys', '.my-figures'],
      ['1', '.keys'],
      ['?', '[data-do=ask]'],
      ['v', '[data-do=close]', '.ballot button'],
      ['v', '.gate-closed', '.choice-right'],
      ['v', 'canvas:visible'],
      ['c', '.class-view:visible'],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(sees).first().waitFor();
      expect(await problemsOf(page), `after ${key}`).toEqual([]);
      expect(await overflow(page), `after ${key}`).toEqual({ x: 0, y: 0 });
      expect(await clippedLabels(page), `after ${key}`).toEqual([]);
      if (!seesPhone) continue;
      await student.locator(seesPhone).first().waitFor();
      expect(await problemsOf(student), `after ${key}`).toEqual([]);
      expect(await overflow(student), `after ${key}`).toMatchObject({ x: 0 });
    }
  });

  it('asks for its token, and keeps it from the class', async () => {
    const page = await projector();
    expect(new URL(page.url()).hash).toBe('');
    await page.reload();
    await lanesAgree(page);
    const stranger = await open(`http://127.0.0.1:${classroom.front.port}/`, { viewport: projectorSize });
    await stranger.locator('.notice', { hasText: 'npm run classroom' }).waitFor();
  });

  it('says what was wrong with a code', async () => {
    const page = await open(classroom.front.joinUrl, { viewport: phoneSize });
    await page.fill('[name=code]', 'WRONG');
    await page.fill('[name=name]', 'Ada');
    await page.click('button.main');
    await page.locator('.problem', { hasText: 'expected the code on the screen' }).waitFor();
    expect(opened[0]?.errors.splice(0)).toEqual([expect.stringContaining('403')]);
  });

  it('paints picture after picture and says how many, or one a second for who asked for less motion', async () => {
    const moving = await projector({ reducedMotion: 'no-preference' });
    await moving.locator('.small-print', { hasText: /\d+ fps/ }).waitFor();
    await moving.waitForFunction(
      () => Number(document.querySelector<HTMLElement>('[data-frames]')?.dataset.frames) > 1,
    );
    const still = await projector();
    await still.locator('.small-print', { hasText: '1 fps' }).waitFor();
  });
});

/** Sets a setting by its control. */
async function set(page: Page, setting: string, value: number | string | boolean): Promise<void> {
  const selector = `[data-setting=${setting}]`;
  await page.selectOption(selector, JSON.stringify(value));
  // The list shows the choice at once; it holds when the server has said so.
  await page.locator(`${selector}[data-holds='${JSON.stringify(value)}']`).waitFor();
  // A list that has the focus takes the keys.
  await page.locator(selector).blur();
}

/** Sends three messages by key, one after the other: the page ignores a key while three wait for the server. */
async function sendThree(page: Page, head: () => number): Promise<void> {
  const before = head();
  for (let sent = 1; sent <= 3; sent += 1) {
    await page.keyboard.press('.');
    await expect.poll(head).toBe(before + sent);
  }
}

async function outOfReach(page: Page, lane: LaneName): Promise<void> {
  await page.locator(`[data-lane=${lane}] .reach`).click();
  await page.locator(`[data-lane=${lane}] .reach[aria-pressed=true]`).waitFor();
}

/** Waits until a figure of a lane is as it should be. `messages` are those that the page counted in all. */
async function figure(
  page: Page,
  lane: LaneName,
  name: string,
  isIt: (value: number) => boolean,
): Promise<void> {
  const read = async () =>
    name === 'messages'
      ? messagesOf(page, lane)
      : Number(await page.locator(`[data-lane=${lane}] [data-figure=${name}]`).getAttribute('data-value'));
  await expect
    .poll(async () => isIt(await read()), { timeout: 90_000, message: `${name} of ${lane}` })
    .toBe(true);
}

/** The second value of a figure, as it is now. */
async function more(page: Page, lane: LaneName, name: string): Promise<number> {
  return Number(await page.locator(`[data-lane=${lane}] [data-figure=${name}]`).getAttribute('data-more'));
}

/** Messages of a lane that the page has counted in all, as far as they are compared. */
async function messagesOf(page: Page, lane: LaneName): Promise<number> {
  const counts = page.locator(`[data-lane=${lane}] [data-compared=messages]`);
  return Number(await counts.getAttribute('data-page'));
}

type Counts = Record<LaneName, { messages: number; requests: number; empty: number }>;

/** Waits until page and servers have counted the same on every lane, from now on, and returns that. */
async function lanesAgree(page: Page): Promise<Counts> {
  const sinceMs = nowMs();
  const read = (): Promise<Record<string, Record<string, { page: number; server: number }>>> =>
    page.$$eval('[data-lane]', (rows) =>
      Object.fromEntries(
        (rows as HTMLElement[]).map((row) => [
          row.dataset.lane,
          Object.fromEntries(
            [...row.querySelectorAll<HTMLElement>('[data-compared]')].map(({ dataset }) => [
              dataset.compared,
              { page: Number(dataset.page), server: Number(dataset.server) },
            ]),
          ),
        ]),
      ),
    );
  let last: Awaited<ReturnType<typeof read>> = {};
  await expect
    .poll(
      async () => {
        const counted = await page
          .locator('[data-counted]')
          .getAttribute('data-counted', { timeout: 60_000 });
        if (Number(counted) < sinceMs) return 'counted before';
        last = await read();
        const all = Object.values(last).flatMap((counts) => Object.values(counts));
        const differing = Object.entries(last).filter(([, counts]) =>
          Object.values(counts).some((count) => count.page !== count.server),
        );
        const isConnected = Object.values(last).every(({ requests }) => (requests?.page ?? 0) > 0);
        return all.length > 0 && isConnected ? differing : 'not connected';
      },
      { timeout: 60_000 },
    )
    .toEqual([]);
  return Object.fromEntries(
    Object.entries(last).map(([lane, { messages, requests, empty }]) => [
      lane,
      { messages: messages?.page ?? 0, requests: requests?.page ?? 0, empty: empty?.page ?? 0 },
    ]),
  ) as Counts;
}

/** Lets the source fall silent, and waits until everybody has everything. */
async function quiet(page: Page, head: () => number): Promise<Counts> {
  await set(page, 'ratePerSecond', 0);
  await page.locator(`[data-head="${head()}"]`).waitFor();
  for (const lane of laneNames) await figure(page, lane, 'behind', (ageMs) => ageMs === 0);
  return lanesAgree(page);
}

/** What axe finds that is serious. Legacy mode looks into no frames, and takes half the time: the pages have none. */
async function problemsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** The names of controls and columns that are wider than their place. */
function clippedLabels(page: Page): Promise<(string | null)[]> {
  return page.$$eval('.settings span, .settings legend, .lanes th, .lanes .figure span', (labels) =>
    labels
      .filter(({ clientWidth, scrollWidth }) => clientWidth > 0 && scrollWidth > clientWidth)
      .map(({ textContent }) => textContent),
  );
}

/** How far a page goes beyond its window. */
function overflow(page: Page): Promise<{ x: number; y: number }> {
  return page.evaluate(() => ({
    x: document.documentElement.scrollWidth - innerWidth,
    y: document.documentElement.scrollHeight - innerHeight,
  }));
}
