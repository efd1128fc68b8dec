import { afterEach, describe, expect, it } from 'vitest';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Endpoint } from '../../servers/meter/endpoint.ts';
import { type ServerOptions, startServers } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import type { ConnectionEvents } from '../shared/openers.ts';
import { nodeOpeners } from '../shared/openers-node.ts';
import type { Habits } from './habits.ts';
import { LaneClient } from './lane-client.ts';
import type { LaneName, Sight } from './protocol.ts';
import { laneNames } from './settings.ts';

const quick: Habits = {
  intervalMs: 20,
  handlingMs: 0,
  slowBy: 'sleep',
  policy: 'disconnect',
  limitBytes: 1_048_576,
};

const toStop: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop();
});

describe.each(laneNames)('a lane of %s', (transport) => {
  it('says what it saw, and every message once', async () => {
    const { source, lane } = await started(transport);
    await lane.sees(({ kind }) => kind === 'subscribed');
    for (let count = 0; count < 5; count += 1) source.log.append('hi', nowMs());
    await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 5);
    expect(lane.seqs('arrived')).toEqual([1, 2, 3, 4, 5]);
    expect(lane.seqs('handled')).toEqual([1, 2, 3, 4, 5]);
    expect(lane.missed()).toBe(0);
  });

  it('counts answers and empty ones as its server does', async () => {
    const options = { holdMs: 50 };
    const { source, lane, endpoint } = await started(transport, quick, options);
    await lane.sees(({ kind }) => kind === 'subscribed');
    source.log.append('hi', nowMs());
    await lane.sees((sight) => sight.kind === 'handled');
    const polls = transport.endsWith('poll');
    if (polls) await lane.sees(() => lane.answers().filter(({ messages }) => messages === 0).length > 3);
    // A poll that is cut off by its client may have been answered all the same, so they come to rest first.
    options.holdMs = 60_000;
    lane.client.change({ ...quick, intervalMs: 60_000 });
    await expect
      .poll(
        () => {
          const answers = lane.answers();
          const { tally, accepted } = endpoint;
          return {
            arrived: lane.seqs('arrived').length - tally.deliveries,
            answers: answers.length - (polls ? tally.requests : accepted),
            empty: polls ? answers.filter(({ messages }) => messages === 0).length - tally.empty : 0,
          };
        },
        { timeout: 10_000 },
      )
      .toEqual({ arrived: 0, answers: 0, empty: 0 });
  });

  it('comes back with its cursor and misses nothing', async () => {
    const { source, lane } = await started(transport);
    await lane.sees(({ kind }) => kind === 'subscribed');
    source.log.append('before', nowMs());
    await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 1);
    lane.client.leave();
    for (let count = 0; count < 3; count += 1) source.log.append('meanwhile', nowMs());
    void lane.client.comeBack(true);
    await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 4);
    expect(lane.seqs('handled')).toEqual([1, 2, 3, 4]);
    expect(lane.missed()).toBe(0);
  });

  it('comes back without a cursor and counts what it missed', async () => {
    const { source, lane } = await started(transport);
    await lane.sees(({ kind }) => kind === 'subscribed');
    source.log.append('before', nowMs());
    await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 1);
    lane.client.leave();
    for (let count = 0; count < 3; count += 1) source.log.append('meanwhile', nowMs());
    await lane.client.comeBack(false);
    source.log.append('after', nowMs());
    await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 5);
    expect(lane.seqs('handled')).toEqual([1, 5]);
    expect(lane.all('missed')).toEqual([expect.objectContaining({ upToSeq: 4, count: 3 })]);
    expect(lane.all('subscribed')).toHaveLength(1);
  });
});

describe('a slow lane', () => {
  it('reads on and fills its inbox when its handler sleeps', async () => {
    const slow = { ...quick, handlingMs: 60_000 };
    const { source, lane } = await started('push', slow);
    await lane.sees(({ kind }) => kind === 'subscribed');
    for (let count = 0; count < 50; count += 1) source.log.append('hi', nowMs());
    await lane.sees((sight) => sight.kind === 'arrived' && sight.seq === 50);
    expect(lane.seqs('handled')).toEqual([]);
    lane.client.change(quick);
    await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 49);
    expect(lane.missed()).toBe(0);
  });

  it('blocks for each message when it blocks, and tells before it does', async () => {
    const toldAtBlock: number[] = [];
    const slow = { ...quick, handlingMs: 5, slowBy: 'block' as const };
    const { source, lane } = await started('push', slow, {}, (durationMs, arrived) => {
      expect(durationMs).toBe(5);
      toldAtBlock.push(arrived);
    });
    await lane.sees(({ kind }) => kind === 'subscribed');
    for (let count = 0; count < 3; count += 1) source.log.append('hi', nowMs());
    await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 3);
    expect(toldAtBlock).toEqual([1, 2, 3]);
  });
});

it('polls at another interval from its cursor on', async () => {
  const { source, lane } = await started('short-poll', { ...quick, intervalMs: 30 });
  await lane.sees(({ kind }) => kind === 'subscribed');
  source.log.append('hi', nowMs());
  await lane.sees((sight) => sight.kind === 'handled');
  lane.client.change({ ...quick, intervalMs: 10 });
  source.log.append('hi', nowMs());
  await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 2);
  expect(lane.all('failure')).toEqual([]);
  expect(lane.seqs('arrived')).toEqual([1, 2]);
});

it('grants credit where the server waits for it, and finds the gap of what was dropped', async () => {
  const { source, lane } = await started('push', { ...quick, policy: 'credit' }, { policy: 'credit' });
  await lane.sees(({ kind }) => kind === 'subscribed');
  for (let count = 0; count < 40; count += 1) source.log.append('hi', nowMs());
  await lane.sees((sight) => sight.kind === 'handled' && sight.seq === 40);
  expect(lane.seqs('handled')).toHaveLength(40);
});

it('grants no credit on a new connection for what an earlier one brought', async () => {
  const granted: string[][] = [];
  const events: ConnectionEvents[] = [];
  let handledAll = () => {};
  const handled = new Promise<void>((resolve) => {
    handledAll = resolve;
  });
  // All that follows comes in one turn, so nothing is handled before the second connection.
  const slow: Habits = { ...quick, policy: 'credit', handlingMs: 2 };
  const client = new LaneClient({
    transport: 'push',
    url: 'ws://x',
    habits: slow,
    openers: {
      ...nodeOpeners,
      webSocket(_url, own) {
        const sent: string[] = [];
        granted.push(sent);
        events.push(own);
        return { send: (text) => void sent.push(text), close() {} };
      },
    },
    tell: (seen) => {
      if (seen.some((sight) => sight.kind === 'handled' && sight.seq === 7)) handledAll();
    },
    block() {},
    nowMs,
  });
  toStop.push(() => client.stop());
  const batch = (next: number) => JSON.stringify({ messages: [], next: `a1:${next}`, missed: 0 });
  void client.start();
  events[0]?.onText(batch(0));
  for (let seq = 1; seq <= 7; seq += 1) events[0]?.onText(JSON.stringify({ seq, dueMs: 1, body: 'hi' }));
  void client.reconnect();
  events[1]?.onText(batch(7));
  await handled;
  expect(granted).toEqual([['{"credit":10}'], ['{"credit":10}']]);
});

it('says that it subscribed before it says what came in one piece with that', async () => {
  const sights: Sight[] = [];
  const told = new Promise<void>((resolve) => {
    const client = new LaneClient({
      transport: 'push',
      url: 'ws://x',
      habits: quick,
      openers: {
        ...nodeOpeners,
        webSocket(_url, { onText }) {
          setImmediate(() => {
            onText('{"messages":[],"next":"a1:6","missed":0}');
            onText('{"seq":7,"dueMs":1,"body":"hi"}');
          });
          return { send() {}, close() {} };
        },
      },
      tell: (seen) => {
        sights.push(...seen);
        resolve();
      },
      block() {},
      nowMs,
    });
    toStop.push(() => client.stop());
    void client.start();
  });
  await told;
  const kinds = sights.map(({ kind }) => kind).filter((kind) => kind !== 'request' && kind !== 'answer');
  expect(kinds).toEqual(['subscribed', 'arrived', 'handled']);
  expect(sights.find(({ kind }) => kind === 'subscribed')).toMatchObject({ seq: 6 });
});

describe('a lane without a connection', () => {
  /** A lane whose polls nobody answers, and the addresses that it has opened. */
  function unanswered(transport: LaneName) {
    const opened: string[] = [];
    const client = new LaneClient({
      transport,
      url: 'x://x',
      habits: quick,
      openers: {
        ...nodeOpeners,
        webSocket(url) {
          opened.push(url);
          return { send() {}, close() {} };
        },
        http(origin) {
          opened.push(origin);
          let cut: (reason: Error) => void = () => {};
          const ask = () =>
            new Promise<never>((_, reject) => {
              cut = reject;
            });
          return { ask, close: () => cut(new Error('closed')) };
        },
      },
      tell() {},
      block() {},
      nowMs,
    });
    toStop.push(() => client.stop());
    void client.start();
    return { client, opened };
  }

  it.each([
    ['push', { policy: 'conflate' }],
    ['short-poll', { intervalMs: 70 }],
  ] as const)('stays offline when the habits of %s change', async (transport, change) => {
    const { client, opened } = unanswered(transport);
    const before = opened.length;
    client.leave();
    // A poll that was cut off is over in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    client.change({ ...quick, ...change });
    expect(opened).toHaveLength(before);
    void client.comeBack(true);
    expect(opened).toHaveLength(2 * before);
  });

  it('opens nothing after it has stopped, even when it was about to change its interval', async () => {
    const { client, opened } = unanswered('short-poll');
    const before = opened.length;
    client.change({ ...quick, intervalMs: 70 });
    client.stop();
    // The poll under way is over in a later turn, and whatever waits for that in one more.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve));
    expect(opened).toHaveLength(before);
  });
});

/** A lane on a server of its own, with all that it has told so far. */
async function started(
  transport: LaneName,
  habits = quick,
  options: ServerOptions = {},
  onBlock: (durationMs: number, arrivedTold: number) => void = () => {},
) {
  const source = new EmbeddedSource();
  const endpoints = await startServers(source, [transport], options);
  const endpoint = endpoints.get(transport) as Endpoint;
  toStop.push(() => endpoint.close());
  const sights: Sight[] = [];
  const waiting: { until: (sight: Sight) => boolean; done: () => void }[] = [];
  const scheme = transport === 'push' ? 'ws' : 'http';
  const client = new LaneClient({
    transport,
    url: `${scheme}://127.0.0.1:${endpoint.port}`,
    openers: nodeOpeners,
    habits,
    tell(told) {
      sights.push(...told);
      for (const one of [...waiting]) if (sights.some(one.until)) one.done();
    },
    block: (durationMs) => onBlock(durationMs, sights.filter(({ kind }) => kind === 'arrived').length),
    nowMs,
  });
  toStop.push(() => client.stop());
  void client.start();
  const all = <Kind extends Sight['kind']>(kind: Kind) =>
    sights.filter((sight): sight is Extract<Sight, { kind: Kind }> => sight.kind === kind);
  const lane = {
    client,
    all,
    seqs: (kind: 'arrived' | 'handled') => all(kind).map(({ seq }) => seq),
    answers: () => all('answer'),
    missed: () => all('missed').reduce((sum, { count }) => sum + count, 0),
    sees: (until: (sight: Sight) => boolean) =>
      new Promise<void>((done) => (sights.some(until) ? done() : waiting.push({ until, done }))),
  };
  return { source, endpoint, lane };
}
