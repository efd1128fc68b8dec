import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LaneClient } from '../../clients/classroom/lane-client.ts';
import {
  defaultSettings,
  type LaneName,
  laneNames,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import type { Trial } from '../result.ts';
import type { HeadlessPage } from './headless.ts';
import { HeldClass } from './held-class.ts';

/** A lesson that is held with real clients over real sockets, and what is accounted for in the end. */
let held: HeldClass;
let projector: HeadlessPage;
let lanes: Record<LaneName, LaneClient>;

beforeEach(async () => {
  held = await HeldClass.open();
  await held.control({ action: 'pause' });
  projector = await held.projector();
  await held.control({ action: 'begin' });
  const taken = await Promise.all(laneNames.map(async (name) => [name, await projector.take(name)]));
  lanes = Object.fromEntries(taken);
});

afterEach(() => held.close());

const set = (settings: Partial<Settings>) => held.control({ action: 'set', settings });
const burst = (count: number) => held.control({ action: 'burst', count });

/** Waits until these lanes have handled everything, and have said so. */
async function handled(...names: LaneName[]): Promise<void> {
  for (const name of names)
    await projector.saw(name, (sight) => sight.kind === 'handled' && sight.seq === held.classroom.head);
  projector.tellSights();
  await projector.readClock(1);
}

/** The trials of one group, in the order of their stretches. */
const trialsOf = (trials: readonly Trial[], group: string) => trials.filter(({ id }) => id.endsWith(group));

describe('the books of a lane', () => {
  it('that comes back with its cursor has lost nothing', async () => {
    await burst(2);
    await handled(...laneNames);
    lanes.push.leave();
    await set({ offline: ['push'] });
    await burst(10);
    await set({ offline: [] });
    await lanes.push.comeBack(true);
    await handled(...laneNames);
    const trials = await held.classroom.account();
    const [before, away] = trialsOf(trials, '/lanes/push');
    expect(before?.messages).toMatchObject({ expected: 2, delivered: 2 });
    expect(away).toMatchObject({
      status: 'ok',
      messages: { expected: 10, delivered: 10, missed: 0, backlogAtEnd: 0 },
    });
    expect(away?.parameters).toMatchObject({ replay: true, awayMs: away?.durationMs });
    expect(trialsOf(trials, '/lanes/sse')[1]?.parameters).not.toHaveProperty('awayMs');
  });

  it('that comes back without its cursor count what it has lost', async () => {
    await set({ replay: false });
    await burst(2);
    await handled(...laneNames);
    lanes.sse.leave();
    await set({ offline: ['sse'] });
    await burst(10);
    await set({ offline: [] });
    await lanes.sse.comeBack(false);
    await burst(1);
    await handled(...laneNames);
    const trials = await held.classroom.account();
    const own = trialsOf(trials, '/lanes/sse');
    expect(own.map(({ status, error }) => error ?? status)).toEqual(['ok', 'ok', 'ok']);
    expect(own.map(({ messages }) => [messages.delivered, messages.missed])).toEqual([
      [2, 0],
      [0, 10],
      [1, 0],
    ]);
  });

  it('that is still away when the lesson is saved count what waits for it', async () => {
    lanes.push.leave();
    await set({ offline: ['push'] });
    await burst(10);
    await handled('sse', 'long-poll', 'short-poll');
    const trials = await held.classroom.account();
    expect(trialsOf(trials, '/lanes/push')[0]).toMatchObject({
      status: 'ok',
      messages: { expected: 10, delivered: 0, backlogAtEnd: 10 },
    });
  });

  it('that was overwhelmed count exactly what the server dropped', async () => {
    const slow = { policy: 'drop-oldest', limitBytes: 100_000, payloadBytes: 65_536, handlingMs: 1 } as const;
    const others = ['sse', 'long-poll', 'short-poll'] as const;
    for (const name of others) lanes[name].leave();
    await set({ ...slow, offline: [...others] });
    lanes.push.change({ ...defaultSettings, ...slow });
    const connections = () =>
      (projector.seen.get('push') ?? []).filter(({ kind }) => kind === 'answer').length;
    await projector.saw('push', () => connections() === 2);
    // More at once than the buffers of the kernel take, or nothing would ever wait in the server.
    for (let round = 0; round < 2; round += 1) await burst(200);
    await handled('push');
    const [trial] = trialsOf(await held.classroom.account(), '/lanes/push');
    const earlier = projector.heard('counts').length;
    const counts = await projector.sees('counts', () => projector.heard('counts').length > earlier);
    const { dropped } = counts.lanes.push;
    expect(dropped).toBeGreaterThan(0);
    expect(trial?.error ?? trial?.status).toBe('ok');
    expect(trial?.messages).toMatchObject({ expected: 400, delivered: 400 - dropped, dropped, missed: 0 });
    expect(trial?.parameters).toMatchObject({
      slowClients: 1,
      handlingMs: 1,
      slowBy: 'sleep',
      policy: 'drop-oldest',
    });
  });

  it('whose page claims a loss that the server knows no reason for do not balance, and say so', async () => {
    await burst(2);
    await handled(...laneNames);
    lanes['short-poll'].stop();
    await burst(3);
    await handled('push', 'sse', 'long-poll');
    projector.say({
      say: 'saw',
      transport: 'short-poll',
      uncertaintyMs: 1,
      sights: [{ kind: 'missed', upToSeq: 5, count: 3, atMs: 0 }],
    });
    await projector.readClock(1);
    const trials = await held.classroom.account();
    const [trial] = trialsOf(trials, '/lanes/short-poll');
    expect(trial?.status).toBe('failed');
    expect(trial?.error).toContain(
      'clients found 3 messages missing in the sequence; 0 were dropped or missed',
    );
    expect(trialsOf(trials, '/lanes/push')[0]?.status).toBe('ok');
  });
});
