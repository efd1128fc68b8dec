import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type Control,
  defaultSettings,
  type Recording,
  type Sight,
} from '../../clients/classroom/protocol.ts';
import { nothingCounted, ofEveryLane } from './counts.ts';
import { HeadlessPage } from './headless.ts';
import { ask } from './held-class.ts';
import { Replay } from './replay.ts';

/** A lesson of a tenth of a second, played to a page without a browser. */
const stateWith = (more: object) => ({
  settings: defaultSettings,
  paused: false,
  scene: null,
  members: { count: 2, limit: 250, byTransport: ofEveryLane(() => 0) },
  vote: null,
  recorded: false,
  ...more,
});
const sights: Sight[] = [
  { kind: 'subscribed', seq: 0, atMs: 1 },
  { kind: 'arrived', seq: 1, dueMs: 20, atMs: 21.5 },
];
const recording: Recording = {
  recordingVersion: 1,
  startedAt: '2026-01-01T08:00:00.000Z',
  events: [
    { atMs: 0, state: stateWith({ scene: 1 }) },
    { atMs: 30, lane: 'push', sights },
    { atMs: 40, counts: { head: 1, lanes: ofEveryLane(nothingCounted) } },
    { atMs: 50, delays: [] },
    { atMs: 100, state: stateWith({ scene: 2 }) },
  ],
};

let replay: Replay;
let page: HeadlessPage;
let origin: string;

beforeEach(async () => {
  replay = await Replay.open(recording);
  origin = `http://127.0.0.1:${replay.front.port}`;
  page = await HeadlessPage.open(origin, replay.front.access.presenterToken);
});

afterEach(async () => {
  await page.close();
  await replay.close();
});

async function control(control: Control) {
  const { status, text } = await ask(`${origin}/control`, {
    method: 'POST',
    headers: { authorization: `Bearer ${replay.front.access.presenterToken}` },
    body: JSON.stringify(control),
  });
  return { status, ...JSON.parse(text) };
}

const isOver = () => page.sees('state', ({ state }) => state.scene === 2 && state.paused);

it('plays everything in its order, marked as recorded, and stops at the end', async () => {
  await isOver();
  const states = page.heard('state').map(({ state }) => state);
  expect(states[0]?.scene).toBe(1);
  expect(states.every(({ recorded }) => recorded)).toBe(true);
  expect(page.heard('counts').map(({ head }) => head)).toEqual([1]);
  expect(page.heard('class').length).toBe(1);
});

it('moves the times of what was seen to the clock that it answers with', async () => {
  await isOver();
  await page.readClock(1);
  const [saw] = page.heard('saw');
  const [clock] = page.heard('clock');
  const [subscribed, arrived] = saw?.sights ?? [];
  expect(saw?.lane).toBe('push');
  expect(arrived).toMatchObject({ kind: 'arrived', seq: 1 });
  expect((arrived?.atMs ?? 0) - (subscribed?.atMs ?? 0)).toBeCloseTo(20.5, 3);
  expect(arrived?.kind === 'arrived' && arrived.atMs - arrived.dueMs).toBeCloseTo(1.5, 3);
  // It was seen after the page had come, and before it asked for the time.
  expect(arrived?.atMs).toBeLessThan(clock?.nowMs ?? 0);
});

it('pauses, resumes and begins again after the end, and does nothing else', async () => {
  await isOver();
  expect(await control({ action: 'resume' })).toMatchObject({ status: 200 });
  await page.hear('saw', () => page.heard('saw').length === 2);
  await isOver();
  expect(await control({ action: 'pause' })).toMatchObject({ status: 200 });
  for (const action of ['begin', 'step', 'reset', 'close-vote', 'dismiss', 'save'] as const)
    expect(await control({ action })).toEqual({
      status: 409,
      error: `action is "${action}": this is a recording, which can be paused and resumed`,
    });
});

it('plays nothing while it is paused', async () => {
  await isOver();
  await control({ action: 'resume' });
  await control({ action: 'pause' });
  await page.readClock(1);
  const saws = page.heard('saw').length;
  await page.readClock(20);
  expect(page.heard('saw').length).toBe(saws);
});

it('lets nobody join', async () => {
  const body = JSON.stringify({ code: replay.front.access.members.code, name: 'Ada' });
  const answer = await ask(`${origin}/join`, { method: 'POST', body });
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('this lesson is a recording');
});
