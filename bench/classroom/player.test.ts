import { describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../../clients/classroom/protocol.ts';
import { MessageLog } from '../../servers/log/message-log.ts';
import { dueTimesMs, type Schedule } from '../../servers/source/schedule.ts';
import type { MessageSource } from '../../servers/source/source.ts';
import { Player } from './player.ts';

/** A source that plays nothing by itself: it says what it was asked to play, and ends that when it is told to. */
class Script implements MessageSource {
  readonly log = new MessageLog();
  readonly played: { schedule: Schedule; startMs: number }[] = [];
  end = () => {};

  play(schedule: Schedule, startMs: number): Promise<void> {
    this.stop();
    this.played.push({ schedule, startMs });
    return new Promise((resolve) => {
      this.end = resolve;
    });
  }

  async publish({ body, dueMs = 0 }: { body: string; dueMs?: number }) {
    return this.log.append(body, dueMs);
  }

  stop(): void {
    this.end();
  }
}

function playerOf(settings: Partial<Settings> = {}) {
  const source = new Script();
  const player = new Player(source, { ...defaultSettings, ...settings }, 45);
  return {
    source,
    player,
    set: (more: Partial<Settings>) => player.set({ ...defaultSettings, ...settings, ...more }),
  };
}

/** Lets what waits for a promise go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what is played', () => {
  it.each([
    { schedule: 'periodic', ratePerSecond: 3 },
    { schedule: 'periodic', ratePerSecond: 0.007 },
    { schedule: 'burst', ratePerSecond: 0.1, burstSize: 200 },
    { schedule: 'burst', ratePerSecond: 7, burstSize: 20 },
  ] as const)('%j goes on without a seam', async (settings) => {
    const { source } = playerOf(settings);
    source.end();
    await turn();
    const due = source.played.flatMap(({ schedule, startMs }) =>
      dueTimesMs(schedule).map((atMs) => startMs + atMs),
    );
    const instants = [...new Set(due.map((atMs) => Math.round(atMs * 10) / 10))];
    const gaps = instants.slice(1).map((atMs, index) => atMs - (instants[index] as number));
    for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0] as number, 0);
    expect(source.played.length).toBe(2);
  });

  it('derives each part from a seed of its own, so that no minute is like the one before', async () => {
    const { source } = playerOf();
    source.end();
    await turn();
    source.end();
    await turn();
    expect(source.played.map(({ schedule }) => schedule.seed)).toEqual([45, 46, 47]);
  });
});

describe('other settings', () => {
  it('are played from then on', async () => {
    const { source, set } = playerOf();
    set({ ratePerSecond: 50, payloadBytes: 1000 });
    await turn();
    expect(source.played.at(-1)?.schedule).toMatchObject({ ratePerSecond: 50, payloadBytes: 1000 });
    expect(source.played.length).toBe(2);
  });

  it('change nothing that is played when they are not about the source', async () => {
    const { source, set } = playerOf();
    set({ oneWayMs: 100, offline: ['push'] });
    await turn();
    expect(source.played.length).toBe(1);
  });

  it('play nothing at a rate of nothing, and while it is paused', async () => {
    const { source, player, set } = playerOf({ ratePerSecond: 0 });
    set({ ratePerSecond: 0, payloadBytes: 99 });
    player.pause();
    set({ ratePerSecond: 5 });
    await turn();
    expect(source.played).toEqual([]);
    player.resume();
    expect(source.played.length).toBe(1);
    player.stop();
    await turn();
    expect(source.played.length).toBe(1);
  });
});

it('publishes a burst at one instant, also while it is paused', () => {
  const { source, player } = playerOf({ payloadBytes: 40 });
  player.pause();
  player.burst(3);
  const { messages } = source.log.after({ logId: source.log.id, seq: 0 });
  expect(new Set(messages.map(({ dueMs }) => dueMs)).size).toBe(1);
  expect(messages.map(({ body }) => [body.slice(0, 9), body.length])).toEqual([
    ['message 1', 40],
    ['message 2', 40],
    ['message 3', 40],
  ]);
});
