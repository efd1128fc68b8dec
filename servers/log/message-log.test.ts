import { randomLcg } from 'd3-random';
import { describe, expect, it, vi } from 'vitest';
import { parseCursor } from './message.ts';
import { MessageLog } from './message-log.ts';

function logOf(count: number, options = {}): MessageLog {
  const log = new MessageLog(options, 'log1');
  for (let index = 1; index <= count; index += 1) log.append(`message ${index}`, index);
  return log;
}

const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);

describe('reading after a cursor', () => {
  it('begins at the end without a cursor', () => {
    expect(logOf(3).after(undefined)).toEqual({ messages: [], next: 'log1:3', missed: 0 });
  });

  it('gives what came since', () => {
    const batch = logOf(5).after({ logId: 'log1', seq: 3 });
    expect(seqs(batch.messages)).toEqual([4, 5]);
    expect(batch).toMatchObject({ next: 'log1:5', missed: 0 });
  });

  it('gives a message with its key, if it has one', () => {
    const log = logOf(1);
    log.append('about a', 2, 'a');
    expect(log.after({ logId: 'log1', seq: 0 }).messages).toStrictEqual([
      { seq: 1, dueMs: 1, body: 'message 1' },
      { seq: 2, dueMs: 2, body: 'about a', key: 'a' },
    ]);
  });

  it('says how many fell off before the cursor', () => {
    const batch = logOf(10, { limitMessages: 4 }).after({ logId: 'log1', seq: 2 });
    expect(seqs(batch.messages)).toEqual([7, 8, 9, 10]);
    expect(batch.missed).toBe(4);
  });

  it('keeps within its limit of bytes', () => {
    const log = new MessageLog({ limitBytes: 100 });
    for (let index = 0; index < 10; index += 1) log.append('é'.repeat(20), 0);
    expect(seqs(log.after({ logId: log.id, seq: 0 }).messages)).toEqual([9, 10]);
  });

  it('cuts a batch at its limits and says that there is more', () => {
    const log = logOf(10);
    const first = log.after({ logId: 'log1', seq: 0 }, { messages: 3, bytes: 1000 });
    expect(seqs(first.messages)).toEqual([1, 2, 3]);
    expect(first.more).toBe(true);
    const rest = log.after(parseCursor(first.next), { messages: 100, bytes: 1000 });
    expect(seqs(rest.messages)).toEqual([4, 5, 6, 7, 8, 9, 10]);
    expect(rest.more).toBeUndefined();
  });

  it('gives one message even when it is larger than the batch may be', () => {
    expect(seqs(logOf(2).after({ logId: 'log1', seq: 0 }, { messages: 10, bytes: 1 }).messages)).toEqual([1]);
  });

  it('has everything for the cursor of another log, marked as a reset', () => {
    const batch = logOf(2).after({ logId: 'before', seq: 900 });
    expect(batch).toMatchObject({ reset: true, next: 'log1:2', missed: 0 });
    expect(seqs(batch.messages)).toEqual([1, 2]);
  });

  it('counts holes as missed, wherever a batch is cut', () => {
    const log = logOf(2);
    for (const seq of [5, 6, 9]) log.take({ seq, dueMs: 0, body: 'x' });
    const whole = log.after({ logId: 'log1', seq: 0 });
    expect(seqs(whole.messages)).toEqual([1, 2, 5, 6, 9]);
    expect(whole).toMatchObject({ missed: 4, next: 'log1:9' });
    for (const messages of [1, 2, 3, 4]) {
      let cursor = { logId: 'log1', seq: 0 };
      let missed = 0;
      while (cursor.seq < 9) {
        const batch = log.after(cursor, { messages, bytes: 2 });
        expect(batch.messages.length).toBeGreaterThan(0);
        missed += batch.missed;
        cursor = parseCursor(batch.next) as typeof cursor;
      }
      expect(missed).toBe(4);
    }
  });

  it('gives the newest alone, and counts what it supersedes as a walk over all would', () => {
    const random = randomLcg(0.7);
    for (let time = 0; time < 300; time += 1) {
      const log = new MessageLog({ limitMessages: 1 + Math.floor(random() * 8) }, 'log1');
      let seq = 0;
      for (let n = Math.floor(random() * 12); n > 0; n -= 1) {
        seq += random() < 0.7 ? 1 : 1 + Math.floor(random() * 5);
        log.take({ seq, dueMs: 0, body: 'x' });
      }
      for (const logId of ['log1', 'before'])
        for (let after = 0; after <= seq; after += 1) {
          const { messages, ...all } = log.after({ logId, seq: after });
          const superseded = messages.length - 1;
          expect(log.latest({ logId, seq: after })).toEqual({
            ...all,
            messages: messages.slice(-1),
            ...(superseded > 0 && { superseded }),
          });
        }
      expect(log.latest(undefined)).toEqual(log.after(undefined));
    }
  });

  it('begins where the source begins, and lets holes fall off with the rest', () => {
    const log = new MessageLog({ limitMessages: 2 }, 'log1');
    log.take({ seq: 5_000_001, dueMs: 0, body: 'x' });
    expect(log.after({ logId: 'log1', seq: 0 })).toMatchObject({ missed: 5_000_000, next: 'log1:5000001' });
    for (const seq of [5_000_003, 5_000_004]) log.take({ seq, dueMs: 0, body: 'x' });
    expect(log.after({ logId: 'log1', seq: 5_000_000 })).toMatchObject({ missed: 2, next: 'log1:5000004' });
  });

  it('refuses a message that it is past', () => {
    expect(() => logOf(2).take({ seq: 2, dueMs: 0, body: 'x' })).toThrow(RangeError);
  });

  it('has nothing new for a cursor that is ahead of it, until it has caught up', () => {
    const log = logOf(2);
    const ahead = log.cursorFrom('log1:5');
    for (const batch of [log.after(ahead), log.latest(ahead)])
      expect(batch).toEqual({ messages: [], next: 'log1:5', missed: 0 });
    for (const seq of [3, 4, 5]) log.take({ seq, dueMs: 0, body: 'x' });
    expect(log.after(ahead)).toEqual({ messages: [], next: 'log1:5', missed: 0 });
    // 6 will never come.
    log.take({ seq: 7, dueMs: 0, body: 'x' });
    expect(log.after(ahead)).toMatchObject({ messages: [{ seq: 7 }], next: 'log1:7', missed: 1 });
    expect(log.latest(ahead)).toMatchObject({ messages: [{ seq: 7 }], next: 'log1:7', missed: 1 });
  });
});

describe('listening', () => {
  it('gets all messages of one turn at once', async () => {
    const log = new MessageLog();
    const heard = vi.fn();
    log.subscribe(heard);
    log.append('a', 0);
    log.append('b', 0);
    expect(heard).not.toHaveBeenCalled();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toHaveBeenCalledOnce();
    expect(seqs(heard.mock.calls[0]?.[0])).toEqual([1, 2]);
  });

  it('gets no message that was added before', async () => {
    const log = new MessageLog();
    const early = vi.fn();
    const late = vi.fn();
    log.subscribe(early);
    log.append('a', 0);
    log.subscribe(late);
    await new Promise((resolve) => setImmediate(resolve));
    expect(early).toHaveBeenCalledOnce();
    expect(late).not.toHaveBeenCalled();
  });

  it('reaches every listener, also when one before it throws', () => {
    const log = new MessageLog();
    const heard = vi.fn();
    log.subscribe(() => {
      throw new Error('a bug');
    });
    log.subscribe(heard);
    log.append('a', 0);
    expect(() => log.flush()).toThrow('a bug');
    expect(seqs(heard.mock.calls[0]?.[0])).toEqual([1]);
  });

  it('ends when the listener unsubscribes', async () => {
    const log = new MessageLog();
    const heard = vi.fn();
    log.subscribe(heard)();
    log.append('a', 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).not.toHaveBeenCalled();
  });
});

it('knows its oldest message, also when it has none', () => {
  expect(new MessageLog()).toMatchObject({ oldest: 1, head: 0 });
  expect(logOf(3)).toMatchObject({ oldest: 1, head: 3 });
  expect(logOf(10, { limitMessages: 4 })).toMatchObject({ oldest: 7, head: 10 });
});

it('has its default limits where an option is undefined', () => {
  const log = logOf(20_001, { limitMessages: undefined, limitBytes: undefined, batchLimit: undefined });
  expect([log.oldest, log.head]).toEqual([2, 20_001]);
  expect(log.after({ logId: log.id, seq: 1 }).messages).toHaveLength(1000);
});

it('knows the hole before a message until its listeners have it, although it has dropped the message by then', () => {
  const log = new MessageLog({ limitMessages: 2 });
  const missing: number[] = [];
  log.subscribe((messages) => missing.push(...messages.map(({ seq }) => log.missingBefore(seq))));
  for (const seq of [3, 4, 5, 6]) log.take({ seq, dueMs: 0, body: '' });
  log.flush();
  expect(missing).toEqual([2, 0, 0, 0]);
  expect(log.missingBefore(3)).toBe(0);
});
