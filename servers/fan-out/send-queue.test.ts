import { describe, expect, it } from 'vitest';
import { type Entry, Outbox, type OutboxOptions, type Policy } from './send-queue.ts';

const entry = (seq: number, { key = '', bytes = 10 } = {}): Entry => ({
  seq,
  key,
  frame: Buffer.alloc(bytes),
});

/** An outbox that was offered the entries, what it said to each, and what is in it. */
function offered(options: OutboxOptions, entries: readonly Entry[]) {
  const outbox = new Outbox(options);
  const said = entries.map((one) => outbox.offer(one));
  const { messages, bytes, dropped } = outbox;
  const waiting: number[] = [];
  for (let one = outbox.shift(); one; one = outbox.shift()) waiting.push(one.seq);
  return { outbox, said, messages, bytes, dropped, waiting };
}

const five = [1, 2, 3, 4, 5].map((seq) => entry(seq));

describe('unbounded', () => {
  it('keeps everything, in order', () => {
    const { waiting, messages, bytes, dropped } = offered({ policy: 'unbounded' }, five);
    expect(waiting).toEqual([1, 2, 3, 4, 5]);
    expect({ messages, bytes, dropped }).toEqual({ messages: 5, bytes: 50, dropped: 0 });
  });
});

describe('drop-newest', () => {
  it('keeps what came first, and says what it dropped', () => {
    const { waiting, said, dropped } = offered({ policy: 'drop-newest', limitMessages: 3 }, five);
    expect(waiting).toEqual([1, 2, 3]);
    expect(said).toEqual(['waits', 'waits', 'waits', 'dropped', 'dropped']);
    expect(dropped).toBe(2);
  });
});

describe('drop-oldest', () => {
  it('keeps what came last', () => {
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
  it('keeps the latest of every key, in the order of their coming', () => {
    const keys = ['a', 'b', 'a', 'c', 'b', 'a'];
    const { waiting, dropped } = offered(
      { policy: 'conflate' },
      keys.map((key, index) => entry(index + 1, { key })),
    );
    expect(waiting).toEqual([4, 5, 6]);
    expect(dropped).toBe(3);
  });

  it('keeps one message when none has a key of its own', () => {
    expect(offered({ policy: 'conflate' }, five)).toMatchObject({ waiting: [5], messages: 1, dropped: 4 });
  });

  it('drops the oldest when there are too many keys', () => {
    const entries = ['a', 'b', 'c', 'b'].map((key, index) => entry(index + 1, { key }));
    const { waiting, dropped } = offered({ policy: 'conflate', limitMessages: 2 }, entries);
    expect(waiting).toEqual([3, 4]);
    expect(dropped).toBe(2);
  });

  it('forgets a key whose message has left', () => {
    const outbox = new Outbox({ policy: 'conflate' });
    outbox.offer(entry(1));
    outbox.shift();
    outbox.offer(entry(2));
    expect(outbox).toMatchObject({ messages: 1, dropped: 0 });
  });
});

describe('disconnect', () => {
  it('says that it is full, and drops nothing', () => {
    const { said, dropped } = offered({ limitBytes: 30 }, five.slice(0, 4));
    expect(said).toEqual(['waits', 'waits', 'waits', 'full']);
    expect(dropped).toBe(0);
  });

  it('is the policy unless another is named, at 64 MiB', () => {
    expect(new Outbox()).toMatchObject({ policy: 'disconnect', limitBytes: 64 * 1024 * 1024 });
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
  const { outbox } = offered({ policy: 'conflate' }, five);
  for (const one of five) outbox.offer(one);
  outbox.clear();
  expect(outbox).toMatchObject({ messages: 0, bytes: 0 });
  expect(outbox.shift()).toBeUndefined();
  expect(outbox.offer(entry(6))).toBe('waits');
  expect(outbox.shift()?.seq).toBe(6);
});

it.each([
  ['drop-newest', [4, 5]],
  ['drop-oldest', [1, 2]],
  ['conflate', [1, 2, 3, 4]],
] satisfies [Policy, number[]][])('says under %s which messages it gives up', (policy, given) => {
  const dropped: number[] = [];
  offered({ policy, limitMessages: 3, onDropped: (seq) => dropped.push(seq) }, five);
  expect(dropped).toEqual(given);
});

it.each([
  ['drop-newest', 2, [3, 4, 5, 6]],
  ['drop-oldest', 1, [2, 3, 4, 5]],
] satisfies [Policy, number, number[]][])(
  'names under %s each message of a hole that it gives up',
  (policy, limitMessages, given) => {
    const hole = (seq: number, missing: number): Entry => ({ ...entry(seq), missing });
    const dropped: number[] = [];
    const entries = policy === 'drop-newest' ? [entry(1), entry(2), hole(3, 4)] : [hole(2, 4), entry(6)];
    const { outbox } = offered({ policy, limitMessages, onDropped: (seq) => dropped.push(seq) }, entries);
    expect(dropped).toEqual(given);
    expect(outbox.dropped).toBe(4);
  },
);
