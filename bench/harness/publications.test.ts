import { expect, it } from 'vitest';
import { publicationTimesMs } from './publications.ts';

it('spreads the clients over the time from one publication to the next', () => {
  expect(publicationTimesMs({ perClient: 2, everyMs: 100 }, 4)).toEqual([
    12.5, 37.5, 62.5, 87.5, 112.5, 137.5, 162.5, 187.5,
  ]);
});
