import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type Entry, type Policy, SendQueue, type SendQueueOptions } from './send-queue.ts';

const entry = (seq: number, { key = '', bytes = 10 } = {}): Entry => ({
  seq,
  key,
  frame: Buffer.alloc(bytes),
});

/** A queue that was offered the entries, the outcome of each, and its content. */
function offered(options: SendQueueOptions, entries: readonly Entry[]) {
  const queue = new SendQueue(options);
  const outcomes = entries.map((one) => queue.offer(one));
  const { messages, bytes, dropped } = queue;
  const waiting: number[] = [];
  for (let one = queue.shift(); one; one = queue.shift()) waiting.push(one.seq);
  return { queue, outcomes, messages, bytes, dropped, waiting };
}

const five = [1, 2, 3, 4, 5].map((seq) => entry(seq));
const hole = (seq: number, missing: number): Entry => ({ ...entry(seq), key: undefined, missing });

describe('unbounded', () => {
  it('keeps everything, in order', () => {
    const { waiting, messages, bytes, dropped } = offered({ policy: 'unbounded' }, five);
    expect(waiting).toEqual([1, 2, 3, 4, 5]);
    expect({ messages, bytes, dropped }).toEqual({ messages: 5, bytes: 50, dropped: 0 });
  });
});

describe('drop-newest', () => {
  it('keeps the first entries, and says which it dropped', () => {
    const { waiting, outcomes, dropped } = offered({ policy: 'drop-newest', limitMessages: 3 }, five);
    expect(waiting).toEqual([1, 2, 3]);
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'dropped', 'dropped']);
    expect(dropped).toBe(2);
  });
});

describe('drop-oldest', () => {
  it('keeps the last entries', () => {
    const { waiting, dropped } = offered({ policy: 'drop-oldest', limitMessages: 3 }, five);
    expect(waiting).toEqual([3, 4, 5]);
    expect(dropped).toBe(2);
  });

  it('makes room for a large message at the cost of several small ones', () => {
    const { waiting, bytes } = offered({ policy: 'drop-oldest', limitBytes: 50 }, [
      ...five,
      entry(6, { bytes: 25 }),
    ]);
    expect(waiting).toEqual([4, 5, 6]);
    expect(bytes).toBe(45);
  });
});

describe('conflate', () => {
  it('keeps the latest of every key, in the order in which they came', () => {
    const keys = ['a', 'b', 'a', 'c', 'b', 'a'];
    const { waiting, dropped } = offered(
      { policy: 'conflate' },
      keys.map((key, index) => entry(index + 1, { key })),
    );
    expect(waiting).toEqual([4, 5, 6]);
    expect(dropped).toBe(3);
  });

  it('keeps one message when none has a key', () => {
    expect(offered({ policy: 'conflate' }, five)).toMatchObject({ waiting: [5], messages: 1, dropped: 4 });
  });

  it('keeps its order and its limit after some entries have left', () => {
    const queue = new SendQueue({ policy: 'conflate', limitMessages: 2 });
    const keys = ['a', 'b', 'b', 'c', 'b', 'd'];
    const left: (number | undefined)[] = [];
    for (const [index, key] of keys.entries()) {
      queue.offer(entry(index + 1, { key }));
      if (index === 1) left.push(queue.shift()?.seq);
    }
    left.push(queue.shift()?.seq, queue.shift()?.seq, queue.shift()?.seq);
    expect(left).toEqual([1, 5, 6, undefined]);
    expect(queue.dropped).toBe(3);
  });

  it('holds no memory for messages that it has replaced, also when some entries have left before', () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const queue = new SendQueue({ policy: 'conflate' });
    for (const key of ['a', 'b']) queue.offer(entry(key.charCodeAt(0), { key }));
    queue.shift();
    const frame = Buffer.alloc(10);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let seq = 1000; seq < 501_000; seq += 1) queue.offer({ seq, key: 'c', frame });
    collect();
    expect(queue.messages).toBe(2);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('replaces no hole, and a hole replaces nothing', () => {
    expect(offered({ policy: 'conflate' }, [entry(1), hole(2, 3)])).toMatchObject({
      waiting: [1, 2],
      dropped: 0,
    });
    const { waiting, dropped } = offered({ policy: 'conflate' }, [
      entry(1),
      hole(2, 3),
      hole(5, 1),
      entry(6),
    ]);
    expect(waiting).toEqual([2, 5, 6]);
    expect(dropped).toBe(1);
  });

  it('drops the oldest when there are too many keys', () => {
    const entries = ['a', 'b', 'c', 'b'].map((key, index) => entry(index + 1, { key }));
    const { waiting, dropped } = offered({ policy: 'conflate', limitMessages: 2 }, entries);
    expect(waiting).toEqual([3, 4]);
    expect(dropped).toBe(2);
  });

  it('forgets a key whose message has left', () => {
    const queue = new SendQueue({ policy: 'conflate' });
    queue.offer(entry(1));
    queue.shift();
    queue.offer(entry(2));
    expect(queue).toMatchObject({ messages: 1, dropped: 0 });
  });
});

describe('disconnect', () => {
  it('says that it is full, and drops nothing', () => {
    const { outcomes, dropped } = offered({ limitBytes: 30 }, five.slice(0, 4));
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'full']);
    expect(dropped).toBe(0);
  });

  it('is the default, with 64 MiB', () => {
    expect(new SendQueue()).toMatchObject({ policy: 'disconnect', limitBytes: 64 * 1024 * 1024 });
  });
});

it.each(['drop-newest', 'drop-oldest', 'conflate', 'disconnect'] satisfies Policy[])(
  '%s takes one message that is larger than its limit, or it could never be sent',
  (policy) => {
    const { waiting, dropped } = offered({ policy, limitBytes: 5 }, five.slice(0, 1));
    expect(waiting).toEqual([1]);
    expect(dropped).toBe(0);
  },
);

it('is as good as new when it has been emptied', () => {
  const { queue } = offered({ policy: 'conflate' }, five);
  for (const one of five) queue.offer(one);
  queue.clear();
  expect(queue).toMatchObject({ messages: 0, bytes: 0 });
  expect(queue.shift()).toBeUndefined();
  expect(queue.offer(entry(6))).toBe('queued');
  expect(queue.shift()?.seq).toBe(6);
});

it.each([
  ['drop-newest', [4, 5]],
  ['drop-oldest', [1, 2]],
  ['conflate', [1, 2, 3, 4]],
] satisfies [Policy, number[]][])('reports under %s which messages it drops', (policy, expected) => {
  const dropped: number[] = [];
  offered({ policy, limitMessages: 3, onDropped: (seq) => dropped.push(seq) }, five);
  expect(dropped).toEqual(expected);
});

it.each([
  ['drop-newest', 2, [3, 4, 5, 6]],
  ['drop-oldest', 1, [2, 3, 4, 5]],
] satisfies [Policy, number, number[]][])(
  'reports under %s each message of a hole that it drops',
  (policy, limitMessages, expected) => {
    const dropped: number[] = [];
    const entries = policy === 'drop-newest' ? [entry(1), entry(2), hole(3, 4)] : [hole(2, 4), entry(6)];
    const { queue } = offered({ policy, limitMessages, onDropped: (seq) => dropped.push(seq) }, entries);
    expect(dropped).toEqual(expected);
    expect(queue.dropped).toBe(4);
  },
);
