import { expect, it } from 'vitest';
import { Questions } from './query.ts';

it.each([
  ['/messages', { path: '/messages', after: null, latest: false }],
  ['/messages?after=a1%3A6', { path: '/messages', after: 'a1:6', latest: false }],
  ['/messages?latest', { path: '/messages', after: null, latest: true }],
  ['/messages?latest=&after=', { path: '/messages', after: '', latest: true }],
  ['/messages?after=a1:6&after=a1:7', { path: '/messages', after: 'a1:6', latest: false }],
  ['/messages?after=%zz', { path: '/messages', after: '%zz', latest: false }],
  ['', { path: '', after: null, latest: false }],
])('reads %s, and reads the same again', (url, question) => {
  const questions = new Questions();
  expect(questions.read(url)).toEqual(question);
  expect(questions.read(url)).toEqual(question);
});

it('takes the same words apart once', () => {
  const questions = new Questions();
  const first = questions.read('/messages?after=a1:6');
  expect(questions.read('/messages?after=a1:6')).toBe(first);
  expect(questions.read('/messages?after=a1:7')).not.toBe(first);
});

it('lets all go when there are too many', () => {
  const questions = new Questions();
  const first = questions.read('/messages?after=a1:0');
  for (let seq = 1; seq < 1000; seq += 1) questions.read(`/messages?after=a1:${seq}`);
  expect(questions.read('/messages?after=a1:0')).toBe(first);
  questions.read('/messages?after=a1:1000');
  expect(questions.read('/messages?after=a1:0')).not.toBe(first);
});

it('keeps nothing that is long', () => {
  const questions = new Questions();
  const long = `/messages?after=${'x'.repeat(10_000)}`;
  const first = questions.read(long);
  expect(questions.read(long)).toEqual(first);
  expect(questions.read(long)).not.toBe(first);
});
