import { expect, it } from 'vitest';
import { publicationTimesMs } from './publications.ts';

it('spreads the clients over the time from one publication to the next', () => {
  const publications = { perClient: 2, everyMs: 100 };
  expect(publicationTimesMs(publications, 0, 4)).toEqual([12.5, 112.5]);
  expect(publicationTimesMs(publications, 3, 4)).toEqual([87.5, 187.5]);
});
