import { describe, expect, it } from 'vitest';
import { Lane, quantile } from './lane.ts';
import type { LaneCounts, LaneName, Sight } from './protocol.ts';
import { defaultSettings } from './protocol.ts';
import { Published } from './published.ts';

/** A message of a lane that is handled as soon as it arrives. */
function heard(seq: number, dueMs: number, atMs: number): Sight[] {
  return [
    { kind: 'arrived', seq, dueMs, atMs },
    { kind: 'handled', seq, atMs },
  ];
}

function poll(id: number, requestMs: number, answerMs: number, messages: number): Sight[] {
  return [
    { kind: 'request', id, atMs: requestMs },
    { kind: 'answer', id, atMs: answerMs, messages },
  ];
}

function laneOf(name: LaneName, sights: Sight[], { oneWayMs = 0, published = new Published() } = {}): Lane {
  const lane = new Lane(name, published);
  for (const sight of sights) lane.take(sight, oneWayMs);
  return lane;
}

const counts: LaneCounts = {
  requests: 3,
  empty: 1,
  deliveries: 2,
  dropped: 0,
  evicted: 0,
  connections: 1,
  bytesToClients: 800,
  bytesToServer: 200,
  backlogBytes: 0,
  backlogMessages: 0,
};

const subscribed: Sight = { kind: 'subscribed', seq: 0, atMs: 0 };

describe('the figures of a lane', () => {
  it('take the ages of messages to the end of their handling', () => {
    const sights: Sight[] = [subscribed];
    for (let seq = 1; seq <= 100; seq += 1) sights.push(...heard(seq, seq * 1000, seq * 1000 + seq));
    const { figures } = laneOf('push', sights);
    expect(figures).toMatchObject({ messages: 100, p50Ms: 50, p95Ms: 95, maxMs: 100, lastMs: 100 });
  });

  it('count answers, and the empty ones among them', () => {
    const lane = laneOf('short-poll', [
      ...poll(0, 0, 1, 0),
      subscribed,
      ...poll(1, 1000, 1001, 0),
      ...poll(2, 2000, 2001, 1),
      ...heard(1, 1400, 2001),
      { kind: 'request', id: 3, atMs: 3000 },
    ]);
    expect(lane.figures).toMatchObject({ requests: 3, empty: 2, messages: 1, p50Ms: 601 });
    expect(lane.totals.sent).toBe(4);
  });

  it('begin anew with the settings, and leave out what was due before', () => {
    const lane = laneOf('push', [subscribed, ...heard(1, 100, 400)]);
    lane.setSettings(defaultSettings, { ...defaultSettings, oneWayMs: 10 }, false, 500);
    for (const sight of [...heard(2, 450, 700), ...heard(3, 600, 610)]) lane.take(sight, 0);
    expect(lane.figures).toMatchObject({ messages: 2, p50Ms: 10, maxMs: 10 });
    expect(lane.totals.arrived).toBe(3);
  });

  it('keep losses until another scene begins', () => {
    const lane = laneOf('push', [subscribed, { kind: 'missed', upToSeq: 4, count: 4, atMs: 100 }]);
    lane.setSettings(defaultSettings, { ...defaultSettings, oneWayMs: 10 }, false, 200);
    expect(lane.figures.missed).toBe(4);
    lane.setSettings(defaultSettings, defaultSettings, true, 300);
    expect(lane.figures.missed).toBe(0);
  });

  it('go on when somebody goes out of reach, whose losses they are to show', () => {
    const lane = laneOf('push', [subscribed, ...heard(1, 100, 400)]);
    lane.setSettings(defaultSettings, { ...defaultSettings, offline: ['push'], replay: false }, false, 500);
    expect(lane.figures.messages).toBe(1);
    expect(lane.absences).toEqual([{ fromMs: 500, toMs: undefined }]);
  });

  it('count connections beyond the first as reconnects, and a poll’s ways back', () => {
    const connection: Sight[] = [...poll(0, 0, 1, 0), { kind: 'failure', id: 0, atMs: 50, reason: 'cut' }];
    expect(laneOf('push', connection).figures.reconnects).toBe(0);
    expect(laneOf('push', [...connection, ...poll(1, 60, 61, 0)]).figures.reconnects).toBe(1);
    const asked = laneOf('push', [...connection, ...poll(1, 60, 61, 0)]);
    asked.setSettings(defaultSettings, { ...defaultSettings, policy: 'unbounded' }, false, 50);
    expect(asked.figures.reconnects).toBe(0);
    const polling = laneOf('long-poll', poll(0, 0, 1, 0));
    polling.setOffline(true, 10);
    polling.setOffline(true, 15);
    expect(polling.figures.reconnects).toBe(0);
    polling.setOffline(false, 20);
    expect(polling.figures.reconnects).toBe(1);
    expect(polling.absences).toEqual([{ fromMs: 10, toMs: 20 }]);
  });

  it('tell the inbox of the page from the backlog of the server', () => {
    const lane = laneOf('push', [
      subscribed,
      { kind: 'arrived', seq: 1, dueMs: 10, atMs: 11 },
      { kind: 'arrived', seq: 2, dueMs: 20, atMs: 21 },
      { kind: 'arrived', seq: 3, dueMs: 30, atMs: 31 },
      { kind: 'handled', seq: 1, atMs: 300 },
    ]);
    lane.takeCounts({ ...counts, backlogBytes: 4096 });
    expect(lane.figures).toMatchObject({ inboxMessages: 2, backlogBytes: 4096, lastMs: 290, messages: 1 });
  });

  it('give the bytes that the server counted since', () => {
    const lane = laneOf('push', []);
    lane.takeCounts(counts);
    lane.takeCounts({ ...counts, bytesToClients: 900 });
    expect(lane.figures.bytes).toBe(100);
  });
});

describe('how far a lane is behind', () => {
  it('is nothing when it has all that is known of', () => {
    expect(laneOf('push', [subscribed, ...heard(1, 100, 101)]).behindMs(5000)).toBe(0);
  });

  it('counts from the oldest message that another lane has and it has not', () => {
    const published = new Published();
    laneOf('push', [subscribed, ...heard(1, 100, 101), ...heard(2, 300, 301)], { published });
    const slow = laneOf('short-poll', [subscribed], { published });
    expect(slow.behindMs(1000)).toBe(900);
    slow.take({ kind: 'missed', upToSeq: 1, count: 1, atMs: 1000 }, 0);
    expect(slow.behindMs(1000)).toBe(700);
  });

  it('counts from the oldest in the inbox when it is its handler that is slow', () => {
    const arrived = { kind: 'arrived', seq: 1, dueMs: 100, atMs: 101 } as const;
    expect(laneOf('push', [subscribed, arrived]).behindMs(1100)).toBe(1000);
  });

  it('knows by the head of the log what no lane has heard of', () => {
    const published = new Published();
    const lane = laneOf('push', [subscribed, ...heard(1, 100, 101)], { published });
    published.learnHead(4, 2000);
    expect(lane.behindMs(2500)).toBe(500);
    published.learn(2, 1800);
    expect(lane.behindMs(2500)).toBe(700);
  });

  it('is nothing before there is a subscription', () => {
    const published = new Published();
    published.learnHead(9, 100);
    expect(laneOf('push', [], { published }).behindMs(5000)).toBe(0);
  });
});

describe('a message’s way in the picture', () => {
  it('waits at the server for the poll that takes it, and then takes the way down', () => {
    const lane = laneOf('short-poll', [...poll(1, 1000, 1300, 1), ...heard(1, 600, 1300)], { oneWayMs: 150 });
    expect(lane.marks).toEqual([
      expect.objectContaining({ dueMs: 600, leftMs: 1150, arrivedMs: 1300, handledMs: 1300 }),
    ]);
  });

  it('leaves at once when it is pushed', () => {
    const lane = laneOf('push', [...poll(0, 0, 10, 0), ...heard(1, 600, 750)], { oneWayMs: 150 });
    expect(lane.marks[0]).toMatchObject({ dueMs: 600, leftMs: 600, arrivedMs: 750 });
  });

  it('waits for a pushed client to come back', () => {
    const lane = laneOf('push', [...poll(0, 0, 10, 0), ...poll(1, 5000, 5010, 1), ...heard(1, 600, 5010)]);
    expect(lane.marks[0]).toMatchObject({ dueMs: 600, leftMs: 5010 });
  });

  it('is kept for a bounded time', () => {
    const sights = Array.from({ length: 40_000 }, (_, index) => heard(index + 1, index, index)).flat();
    const lane = laneOf('push', [subscribed, ...sights]);
    expect(lane.marks.length).toBeLessThan(20_000);
    expect(lane.marks.at(-1)?.seq).toBe(40_000);
    expect(lane.figures.messages).toBe(40_000);
  });
});

it('holds the server’s counts against its own', () => {
  const lane = laneOf('short-poll', [
    ...poll(0, 0, 1, 0),
    subscribed,
    ...poll(1, 10, 11, 1),
    ...heard(1, 5, 11),
  ]);
  lane.takeCounts({ ...counts, requests: 3, empty: 1, deliveries: 1 });
  expect(lane.compared).toEqual({
    messages: { server: 1, page: 1 },
    requests: { server: 3, page: 2 },
    empty: { server: 1, page: 1 },
  });
});

it.each([
  [0.5, 2],
  [0.95, 4],
  [0, 1],
  [1, 4],
])('finds the value that a share of %d does not exceed', (share, value) => {
  expect(quantile([1, 2, 3, 4], share)).toBe(value);
  expect(quantile([], share)).toBeNull();
});

describe('a lane that has fallen silent', () => {
  /** How often in a row a lane is asked, once a second, until it says that it is silent. */
  function secondsUntilSilent(lane: Lane, head: (second: number) => number, busyMs = 0): number | undefined {
    for (let second = 0; second < 30; second += 1) {
      lane.learnHead(head(second), second * 1000);
      if (lane.isSilent(second * 1000, busyMs)) return second;
    }
    return undefined;
  }

  it('is one that hears nothing of newer messages for six seconds', () => {
    expect(secondsUntilSilent(laneOf('push', [subscribed]), (second) => second)).toBe(6);
    expect(secondsUntilSilent(laneOf('long-poll', [subscribed]), () => 1)).toBe(6);
  });

  it('is one that has never subscribed, news or none', () => {
    expect(secondsUntilSilent(laneOf('sse', []), () => 0)).toBe(6);
  });

  it('is not one without news, nor one that is behind and receives', () => {
    expect(secondsUntilSilent(laneOf('push', [subscribed]), () => 0)).toBeUndefined();
    const lane = laneOf('push', [subscribed]);
    const receiving = (second: number) => {
      for (const sight of heard(second + 1, 0, second * 1000)) lane.take(sight, 0);
      return 1000;
    };
    expect(secondsUntilSilent(lane, receiving)).toBeUndefined();
  });

  it('is not one that is offline on purpose, and of a blocked client only after it could have read', () => {
    const offline = laneOf('sse', [subscribed]);
    offline.setOffline(true, 0);
    expect(secondsUntilSilent(offline, () => 5)).toBeUndefined();
    // A short poll asks again whatever happens.
    expect(secondsUntilSilent(laneOf('short-poll', [subscribed]), () => 5)).toBeUndefined();
    expect(secondsUntilSilent(laneOf('push', [subscribed]), () => 5, 3000)).toBe(9);
  });

  it('gets as much time again for its new connection', () => {
    const lane = laneOf('push', [subscribed]);
    lane.learnHead(5, 0);
    const silent = Array.from({ length: 14 }, (_, second) => lane.isSilent(second * 1000));
    expect(silent.flatMap((isSilent, second) => (isSilent ? second : []))).toEqual([6, 12]);
  });
});
