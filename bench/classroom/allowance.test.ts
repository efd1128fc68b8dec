import { expect, it } from 'vitest';
import { Allowance } from './allowance.ts';

/** How many of so many takes at one instant succeed. */
function taken(allowance: Allowance, tries: number, atMs: number): number {
  return Array.from({ length: tries }, () => allowance.take(atMs)).filter(Boolean).length;
}

it('allows so much at once', () => {
  expect(taken(new Allowance(2, 10), 50, 0)).toBe(10);
});

it('grows with time, up to what is allowed at once', () => {
  const allowance = new Allowance(2, 10);
  taken(allowance, 10, 0);
  expect(taken(allowance, 50, 3000)).toBe(6);
  expect(taken(allowance, 50, 1_000_000)).toBe(10);
});

it('says whether there is one without taking it', () => {
  const allowance = new Allowance(1, 1);
  expect([allowance.has(0), allowance.has(0), allowance.take(0), allowance.has(0)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
