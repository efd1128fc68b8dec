import { expect, it } from 'vitest';
import { isSame, newJoinCode, newToken } from './keys.ts';

it('makes tokens that nobody guesses, and that need no escape in an address', () => {
  const tokens = Array.from({ length: 100 }, newToken);
  expect(new Set(tokens).size).toBe(100);
  for (const token of tokens) expect(token).toMatch(/^[\w-]{24}$/);
});

it('makes codes of letters that are not taken for one another', () => {
  const codes = Array.from({ length: 200 }, newJoinCode);
  for (const code of codes) expect(code).toMatch(/^[A-Z]{5}$/);
  for (const letter of 'BIOQSVZ') expect(codes.join('')).not.toContain(letter);
  expect(new Set(codes).size).toBeGreaterThan(190);
});

it('compares secrets of any length', () => {
  expect([isSame('abc', 'abc'), isSame('abc', 'abd'), isSame('', 'abc'), isSame('abc', 'abcd')]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
