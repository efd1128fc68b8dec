import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LaneClient } from '../../clients/classroom/lane-client.ts';
import {
  defaultSettings,
  type LaneName,
  laneNames,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import type { HeadlessPage } from './simulated/headless.ts';
import { HeldClass, stateOf } from './simulated/held-class.ts';

/** The projector's lanes with real clients: what their servers count, and what settings do to them. */
let held: HeldClass;
let projector: HeadlessPage;
let lanes: Map<LaneName, LaneClient>;

beforeEach(async () => {
  held = await HeldClass.open();
  await held.control({ action: 'pause' });
  projector = await held.projector();
  await held.control({ action: 'begin' });
  lanes = new Map();
});

afterEach(() => held.close());

async function start(
  settings: Partial<Settings> = {},
  names: readonly LaneName[] = laneNames,
): Promise<void> {
  for (const name of names) lanes.set(name, await projector.take(name, { ...defaultSettings, ...settings }));
}

/** What a lane's client counted by itself. */
function seenBy(name: LaneName) {
  const sights = projector.seen.get(name) ?? [];
  const answers = sights.flatMap((sight) => (sight.kind === 'answer' ? sight : []));
  return {
    requests: answers.length,
    empty:
      name === 'long-poll' || name === 'short-poll'
        ? answers.filter(({ messages }) => messages === 0).length
        : 0,
    deliveries: sights.filter(({ kind }) => kind === 'arrived').length,
  };
}

/** What the lanes' servers count next. */
async function counts() {
  const seen = projector.heard('counts').length;
  await projector.hear('counts', () => projector.heard('counts').length > seen);
  return (await projector.hear('counts')).lanes;
}

/** Waits until a lane has handled everything that was published. */
const hasAll = (name: LaneName) =>
  projector.saw(name, (sight) => sight.kind === 'handled' && sight.seq === held.classroom.head);

/** Lets the short poll rest, with nothing under way. */
async function rest(): Promise<void> {
  lanes.get('short-poll')?.change({ ...defaultSettings, intervalMs: 60_000 });
  const isIdle = () => {
    const sights = projector.seen.get('short-poll') ?? [];
    const of = (kind: string) => sights.filter((sight) => sight.kind === kind).length;
    return of('request') === of('answer');
  };
  await projector.saw('short-poll', isIdle);
}

describe('what the servers count', () => {
  it('is exactly what the clients counted', async () => {
    await start({ intervalMs: 50 });
    for (let step = 0; step < 10; step += 1) await held.control({ action: 'step' });
    await held.control({ action: 'burst', count: 50 });
    for (const name of laneNames) await hasAll(name);
    await projector.saw('short-poll', (sight) => sight.kind === 'answer' && sight.messages === 0);
    await rest();
    const counted = await counts();
    for (const name of laneNames) {
      const { requests, empty, deliveries } = counted[name];
      expect({ name, requests, empty, deliveries }).toEqual({ name, ...seenBy(name) });
      expect(deliveries).toBe(60);
    }
    expect(counted['short-poll'].empty).toBeGreaterThan(0);
    expect(counted.push).toMatchObject({ requests: 1, connections: 1, dropped: 0, backlogBytes: 0 });
  });

  it('begins anew with a page that takes over, and with a reset', async () => {
    await start({ intervalMs: 60_000 });
    await held.control({ action: 'burst', count: 5 });
    for (const name of ['push', 'sse', 'long-poll'] as const) await hasAll(name);
    expect((await counts()).push.deliveries).toBe(5);
    for (const action of ['begin', 'reset'] as const) {
      for (const client of lanes.values()) client.leave();
      await held.control({ action: 'pause' });
      await held.control({ action });
      await held.control({ action: 'pause' });
      for (const name of laneNames)
        expect((await counts())[name]).toMatchObject({
          requests: 0,
          deliveries: 0,
          bytesToClients: 0,
          connections: 0,
        });
      await start({ intervalMs: 60_000 }, ['push']);
      await held.control({ action: 'burst', count: 2 });
      await hasAll('push');
      expect((await counts()).push).toMatchObject({ requests: 1, deliveries: 2 });
    }
  });
});

describe('settings take effect', () => {
  it('the hold of the long poll, at its next request', async () => {
    await start({}, ['long-poll']);
    await held.control({ action: 'set', settings: { holdMs: 200 } });
    // The request that is being held was let in under the old hold: a message frees it.
    await held.control({ action: 'step' });
    await projector.saw('long-poll', (sight) => sight.kind === 'answer' && sight.messages === 1);
    const empties = () => seenBy('long-poll').empty;
    const before = empties();
    await projector.saw('long-poll', () => empties() >= before + 2);
  });

  it('the distance, from now on', async () => {
    await start({}, ['push']);
    await held.control({ action: 'set', settings: { oneWayMs: 700 } });
    await held.control({ action: 'step' });
    const far = await projector.saw('push', (sight) => sight.kind === 'arrived');
    expect(far.kind === 'arrived' && projector.serverMs(far.atMs) - far.dueMs).toBeGreaterThanOrEqual(600);
  });

  it('who is offline, lane by lane, however quickly one follows another', async () => {
    await Promise.all(
      (['push', 'sse'] as const).map((lane) => held.control({ action: 'offline', lane, isOffline: true })),
    );
    await held.control({ action: 'offline', lane: 'sse', isOffline: true });
    expect(
      (await stateOf(projector, ({ settings }) => settings.offline.length === 2)).settings.offline,
    ).toEqual(expect.arrayContaining(['push', 'sse']));
    await held.control({ action: 'offline', lane: 'push', isOffline: false });
    await stateOf(projector, ({ settings }) => settings.offline.join() === 'sse');
  });

  it('the policy of push and its limit, when push connects again', async () => {
    const settings = { policy: 'drop-newest', limitBytes: 1024, payloadBytes: 65_536 } as const;
    await held.control({ action: 'set', settings });
    await start({ ...settings, handlingMs: 100, slowBy: 'block' }, ['push']);
    await held.control({ action: 'burst', count: 200 });
    const missed = await projector.saw('push', (sight) => sight.kind === 'missed');
    const { dropped } = (await counts()).push;
    expect(dropped).toBeGreaterThan(0);
    expect(missed.kind === 'missed' && missed.count).toBeLessThanOrEqual(dropped);
  });

  it('the rate, the schedule and the size of messages', async () => {
    await start({}, ['push']);
    const settings = { ratePerSecond: 200, schedule: 'burst', burstSize: 20, payloadBytes: 1000 } as const;
    await held.control({ action: 'set', settings });
    await held.control({ action: 'resume' });
    await projector.saw('push', (sight) => sight.kind === 'arrived' && sight.seq === 40);
    await held.control({ action: 'pause' });
    const due = (projector.seen.get('push') ?? []).flatMap((sight) =>
      sight.kind === 'arrived' && sight.seq <= 40 ? sight.dueMs : [],
    );
    // Two bursts of 20, a tenth of a second apart.
    expect(new Set(due).size).toBe(2);
    expect(Math.max(...due) - Math.min(...due)).toBeCloseTo(100, 0);
    expect((await counts()).push.bytesToClients).toBeGreaterThan(40 * 1000);
  });

  it('a rate of nothing keeps silent, and so does a pause; a step is one message, a burst so many', async () => {
    await held.control({ action: 'set', settings: { ratePerSecond: 0 } });
    await held.control({ action: 'resume' });
    await counts();
    expect(held.classroom.head).toBe(0);
    await held.control({ action: 'step' });
    await held.control({ action: 'burst', count: 7 });
    expect(held.classroom.head).toBe(8);
    await held.control({ action: 'pause' });
    await held.control({ action: 'set', settings: { ratePerSecond: 200 } });
    await counts();
    expect(held.classroom.head).toBe(8);
  });

  it('a scene sets what it says, over what stands at the beginning', async () => {
    await held.control({ action: 'set', settings: { payloadBytes: 999 } });
    await held.control({ action: 'scene', scene: 4 });
    const state = await stateOf(projector, ({ scene }) => scene === 4);
    expect(state.settings).toEqual({ ...defaultSettings, ratePerSecond: 5, oneWayMs: 150 });
    await held.control({ action: 'reset' });
    expect(await stateOf(projector, ({ scene }) => scene === null)).toMatchObject({
      settings: defaultSettings,
      paused: false,
    });
  });
});
