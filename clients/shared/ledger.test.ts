import { describe, expect, it } from 'vitest';
import type { Batch, Message } from '../../servers/log/message.ts';
import { Ledger } from './ledger.ts';

const message = (seq: number): Message => ({ seq, dueMs: 0, body: '' });
const batch = (seqs: number[], next: number, missed = 0) => ({
  messages: seqs.map(message),
  next: `log1:${next}`,
  missed,
});

/** All that a ledger gives of a delivery. */
const takeAll = (ledger: Ledger, delivery: Batch) => {
  const given: Message[] = [];
  for (let one = ledger.take(delivery), next = one.next(); !next.done; next = one.next())
    given.push(next.value);
  return given;
};

describe('a ledger', () => {
  it('has no cursor before the first answer', () => {
    expect(new Ledger().cursor).toBeUndefined();
  });

  it('begins where the first answer says that the log ends', () => {
    const ledger = new Ledger();
    takeAll(ledger, batch([], 7));
    expect(ledger).toMatchObject({ startSeq: 7, seq: 7, cursor: 'log1:7', gaps: 0 });
  });

  it('enters each message, and what was lost before it, as it gives it', () => {
    const ledger = new Ledger('log1:0');
    const given = ledger.take(batch([3, 4, 7], 9, 6));
    expect(ledger).toMatchObject({ cursor: 'log1:0', missed: 0, gaps: 0 });
    given.next();
    given.next();
    expect(ledger).toMatchObject({ cursor: 'log1:4', missed: 2, gaps: 2 });
    given.next();
    expect(ledger).toMatchObject({ cursor: 'log1:7', missed: 4, gaps: 4 });
    expect(given.next().done).toBe(true);
    expect(ledger).toMatchObject({ cursor: 'log1:9', missed: 6, gaps: 6 });
  });

  it('follows batches and single messages alike', () => {
    const ledger = new Ledger('log1:0');
    expect(takeAll(ledger, batch([1, 2], 2))).toHaveLength(2);
    expect(ledger.takeMessage(message(3))).toBe(true);
    expect(ledger).toMatchObject({ cursor: 'log1:3', gaps: 0, duplicated: 0, reordered: 0 });
  });

  it('notices a message that never came', () => {
    const ledger = new Ledger('log1:0');
    ledger.takeMessage(message(1));
    ledger.takeMessage(message(3));
    expect(ledger).toMatchObject({ gaps: 1, seq: 3 });
  });

  it('hands over a message that came twice once', () => {
    const ledger = new Ledger('log1:0');
    expect(ledger.takeMessage(message(1))).toBe(true);
    expect(ledger.takeMessage(message(1))).toBe(false);
    expect(ledger.duplicated).toBe(1);
  });

  it('tells a late message from a doubled one', () => {
    const ledger = new Ledger('log1:0');
    for (const seq of [1, 3, 2, 2]) ledger.takeMessage(message(seq));
    expect(ledger).toMatchObject({ gaps: 0, reordered: 1, duplicated: 1 });
  });

  it('counts messages that had left the log as declared, and as gaps that it found itself', () => {
    const ledger = new Ledger('log1:2');
    takeAll(ledger, batch([6, 7], 7, 3));
    expect(ledger).toMatchObject({ missed: 3, gaps: 3 });
  });

  it('counts it also when nothing is left to be had', () => {
    const ledger = new Ledger('log1:2');
    takeAll(ledger, batch([], 7, 5));
    expect(ledger).toMatchObject({ missed: 5, gaps: 5, cursor: 'log1:7' });
  });

  it('counts dropped and superseded messages as declared, and as gaps that it found itself', () => {
    const ledger = new Ledger('log1:2');
    takeAll(ledger, { ...batch([], 5), dropped: 3 });
    takeAll(ledger, { ...batch([8], 8), superseded: 2 });
    expect(ledger).toMatchObject({ dropped: 5, missed: 0, gaps: 5, cursor: 'log1:8' });
  });

  it('starts over with the log of a restarted server', () => {
    const ledger = new Ledger('before:90');
    const fresh = takeAll(ledger, { ...batch([1, 2], 2), reset: true });
    expect(fresh).toHaveLength(2);
    expect(ledger).toMatchObject({ resets: 1, cursor: 'log1:2', gaps: 0, duplicated: 0 });
  });

  it('survives a gap that a server only claims', () => {
    const ledger = new Ledger('log1:2');
    ledger.takeMessage(message(Number.MAX_SAFE_INTEGER));
    expect(ledger.gaps).toBe(Number.MAX_SAFE_INTEGER - 3);
    expect(ledger.takeMessage(message(Number.MAX_SAFE_INTEGER - 1))).toBe(true);
  });
});
