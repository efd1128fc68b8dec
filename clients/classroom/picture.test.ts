import { describe, expect, it } from 'vitest';
import { Lane } from './lane.ts';
import { pictureOf, shownMax } from './picture.ts';
import type { LaneName, Sight } from './protocol.ts';
import { Published } from './published.ts';

function laneOf(name: LaneName, sights: Sight[], published = new Published()): Lane {
  const lane = new Lane(name, published);
  for (const sight of sights) lane.take(sight, 0);
  return lane;
}

const heard = (seq: number, dueMs: number, atMs = dueMs): Sight[] => [
  { kind: 'arrived', seq, dueMs, atMs },
  { kind: 'handled', seq, atMs },
];

const subscribed: Sight = { kind: 'subscribed', seq: 0, atMs: 0 };

describe('the picture of a lane', () => {
  it('shows what has not ended before its span', () => {
    const published = new Published();
    const lane = laneOf(
      'push',
      [subscribed, ...heard(1, 1000), ...heard(2, 5000), ...heard(3, 9000)],
      published,
    );
    const { messages, oneIn } = pictureOf(lane, published, 12_000, 8000);
    expect(messages.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(oneIn).toBe(1);
  });

  it.each([200, 2000, 7000])(
    'shows a bounded number of %i messages, always the same ones, and says so',
    (count) => {
      const published = new Published();
      const sights = Array.from({ length: count }, (_, index) => heard(index + 1, index)).flat();
      const lane = laneOf('push', [subscribed, ...sights], published);
      const { messages, oneIn } = pictureOf(lane, published, count, count);
      expect(messages.length).toBeLessThanOrEqual(shownMax);
      expect(messages.length * oneIn).toBeGreaterThan(count - oneIn);
      expect(messages.every(({ seq }) => seq % oneIn === 0)).toBe(true);
    },
  );

  it('shows a message that waits for a poll as soon as any lane has it', () => {
    const published = new Published();
    const polling = laneOf('short-poll', [subscribed], published);
    laneOf('push', [subscribed, ...heard(1, 700)], published);
    expect(pictureOf(polling, published, 1000, 10_000).outstanding).toEqual([{ seq: 1, dueMs: 700 }]);
    for (const sight of heard(1, 700, 1000)) polling.take(sight, 0);
    expect(pictureOf(polling, published, 1000, 10_000).outstanding).toEqual([]);
  });

  it('shows a bounded number of those that wait', () => {
    const published = new Published();
    const polling = laneOf('short-poll', [subscribed], published);
    for (let seq = 1; seq <= 5000; seq += 1) published.learn(seq, seq);
    const { outstanding, oneIn } = pictureOf(polling, published, 5000, 10_000);
    expect(outstanding.length).toBeLessThanOrEqual(shownMax);
    expect(outstanding.length * oneIn).toBeGreaterThan(4900);
  });

  it('shows a connection for as long as it is open, and its absence', () => {
    const published = new Published();
    const lane = laneOf(
      'sse',
      [
        { kind: 'request', id: 0, atMs: 100 },
        { kind: 'answer', id: 0, atMs: 110, messages: 0 },
        { kind: 'failure', id: 0, atMs: 4000, reason: 'closed' },
        { kind: 'request', id: 1, atMs: 6000 },
        { kind: 'answer', id: 1, atMs: 6010, messages: 2 },
      ],
      published,
    );
    lane.setOffline(true, 4000);
    lane.setOffline(false, 6000);
    const { connections, absences } = pictureOf(lane, published, 8000, 10_000);
    expect(connections).toEqual([
      { fromMs: 110, toMs: 4000 },
      { fromMs: 6010, toMs: Number.POSITIVE_INFINITY },
    ]);
    expect(absences).toEqual([{ fromMs: 4000, toMs: 6000 }]);
    expect(pictureOf(lane, published, 20_000, 10_000).connections).toHaveLength(1);
  });

  it('shows a bounded number of polls', () => {
    const published = new Published();
    const polls = Array.from({ length: 3000 }, (_, id): Sight[] => [
      { kind: 'request', id, atMs: id * 10 },
      { kind: 'answer', id, atMs: id * 10 + 1, messages: 0 },
    ]).flat();
    const { exchanges, oneRequestIn } = pictureOf(
      laneOf('short-poll', polls, published),
      published,
      30_000,
      30_000,
    );
    expect(exchanges.length).toBeLessThanOrEqual(shownMax);
    expect(exchanges.length * oneRequestIn).toBeGreaterThan(2900);
  });
});
