import { describe, expect, it } from 'vitest';
import { bookProblems, emptyBooks, sumBooks } from './books.ts';

const balanced = { ...emptyBooks(), expected: 10, delivered: 6, dropped: 1, missed: 2, backlogAtEnd: 1 };

describe('books', () => {
  it('balance when everything is accounted for', () => {
    expect(bookProblems(balanced, 3)).toEqual([]);
  });

  it.each([
    ['a message that vanished', { delivered: 5 }, 3, /1 of 10 messages are unaccounted for/],
    ['a message from nowhere', { delivered: 7 }, 3, /1 messages more than the 10 expected/],
    ['a doubled message', { duplicated: 1 }, 3, /1 messages came twice/],
    ['a reordered message', { reordered: 2 }, 3, /2 messages came out of order/],
    ['a gap that nobody owns up to', {}, 4, /found 4 messages missing.*3 were dropped or missed/],
    ['a loss that no client noticed', {}, 2, /found 2 messages missing.*3 were dropped or missed/],
  ])('do not balance with %s', (_name, change, gaps, problem) => {
    expect(bookProblems({ ...balanced, ...change }, gaps).join('; ')).toMatch(problem);
  });

  it('add up', () => {
    expect(sumBooks([balanced, balanced])).toMatchObject({ expected: 20, delivered: 12, missed: 4 });
  });
});
