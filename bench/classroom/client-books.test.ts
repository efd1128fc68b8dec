import { describe, expect, it } from 'vitest';
import { bookProblems } from '../analysis/books.ts';
import { ClientBooks } from './client-books.ts';

/** A log that ends at 20, of which a client has seen some. */
const head = 20;

function arrived(books: ClientBooks, ...seqs: number[]): ClientBooks {
  for (const seq of seqs) books.arrived(seq, seq * 10, head);
  return books;
}

const missed = (upToSeq: number, count: number) => ({ kind: 'missed', upToSeq, count, atMs: 0 }) as const;

describe('what a client is owed', () => {
  it('begins behind its subscription and ends with the log, or with itself', () => {
    const books = new ClientBooks(5);
    expect(books.owed(1, 20)).toBe(15);
    expect(books.owed(1, 5)).toBe(0);
    expect(books.owed(4, 8)).toBe(3);
    books.endSeq = 12;
    expect(books.owed(1, 20)).toBe(7);
    expect(books.owed(13, 20)).toBe(0);
  });

  it('is handled, a gap, in its inbox or on its way: each counted by itself, and together all', () => {
    const books = arrived(new ClientBooks(5), 6, 7);
    books.missed(missed(9, 2), head, 'skipped');
    arrived(books, 10, 11, 12);
    for (const seq of [6, 7, 10]) books.handled(seq);
    expect(books.gaps).toEqual([{ from: 8, to: 9, why: 'skipped' }]);
    expect(books.waiting(1, 20)).toBe(2 + 8);
    expect(books.waiting(1, 12)).toBe(2);
    expect(books.waiting(13, 20)).toBe(8);
    const sums = {
      expected: books.owed(1, 20),
      delivered: 3,
      dropped: 0,
      missed: 2,
      duplicated: 0,
      reordered: 0,
    };
    expect(bookProblems({ ...sums, backlogAtEnd: books.waiting(1, 20) }, 2)).toEqual([]);
  });

  it('tells when it was due', () => {
    expect(arrived(new ClientBooks(5), 6).handled(6)).toBe(60);
  });
});

describe('a gap', () => {
  it('that its page never spoke of is found by what comes next', () => {
    const books = arrived(new ClientBooks(5), 6, 9);
    books.missed(missed(12, 2), head, 'lost');
    expect(books.gaps).toEqual([
      { from: 7, to: 8, why: 'untold' },
      { from: 10, to: 10, why: 'untold' },
      { from: 11, to: 12, why: 'lost' },
    ]);
  });

  it('may be a message that arrived, and that the client gave up', () => {
    const books = arrived(new ClientBooks(5), 6, 7);
    books.missed(missed(7, 1), head, 'lost');
    expect(books.gaps).toEqual([{ from: 7, to: 7, why: 'given up' }]);
    expect(books.waiting(1, 7)).toBe(1);
  });
});

describe('settled', () => {
  it('is a client that has handled everything up to a place', () => {
    const books = arrived(new ClientBooks(5), 6, 7);
    expect(books.hasSettled(5)).toBe(true);
    expect(books.hasSettled(7)).toBe(false);
    books.handled(6);
    expect([books.hasSettled(6), books.hasSettled(7), books.hasSettled(8)]).toEqual([true, false, false]);
    books.handled(7);
    books.missed(missed(9, 2), head, 'lost');
    expect([books.hasSettled(9), books.hasSettled(10)]).toEqual([true, false]);
    books.endSeq = 9;
    expect(books.hasSettled(20)).toBe(true);
  });
});

describe('is refused', () => {
  const books = () => arrived(new ClientBooks(5), 6, 7, 8);

  it.each<[string, (books: ClientBooks) => unknown, RegExp]>([
    ['a message ahead of the log', (one) => one.arrived(21, 0, head), /seq is 21: the log ends at 20/],
    [
      'a message that came before',
      (one) => one.arrived(7, 0, head),
      /seq is 7: everything up to 8 had arrived/,
    ],
    ['one from before the subscription', (one) => one.arrived(5, 0, head), /seq is 5: everything up to 8/],
    ['a handling of what has not arrived', (one) => one.handled(9), /seq is 9: it has not arrived/],
    ['a second handling', (one) => [one.handled(6), one.handled(6)], /seq is 6: .* was handled before/],
    [
      'a loss ahead of the log',
      (one) => one.missed(missed(21, 1), head, 'lost'),
      /upToSeq is 21: the log ends/,
    ],
    [
      'a loss of what has arrived',
      (one) => one.missed(missed(10, 4), head, 'lost'),
      /count is 4: everything up to 8/,
    ],
    [
      'a loss of what was handled',
      (one) => [one.handled(8), one.missed(missed(8, 1), head, 'lost')],
      /seq is 8: /,
    ],
  ])('%s', (_what, say, reason) => {
    expect(() => say(books())).toThrow(reason);
  });

  it('and changes nothing', () => {
    const one = books();
    expect(() => one.arrived(7, 0, head)).toThrow();
    expect(one.gaps).toEqual([]);
    expect(one.waiting(1, 20)).toBe(15);
  });
});
