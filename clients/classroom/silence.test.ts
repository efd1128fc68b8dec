import { expect, it } from 'vitest';
import { Silence } from './silence.ts';

it('adds up while its page looks once a second, and ends with whatever comes', () => {
  const silence = new Silence();
  expect([0, 1000, 2000, 2500].map((atMs) => silence.upTo(atMs))).toEqual([0, 1000, 2000, 2500]);
  silence.end();
  expect(silence.upTo(3000)).toBe(500);
});

it('takes no time in which the page did not run for silence of its connection', () => {
  const silence = new Silence();
  silence.upTo(0);
  silence.upTo(1000);
  // Asleep for five minutes: what came meanwhile is read only now.
  expect(silence.upTo(301_000)).toBe(2000);
});
