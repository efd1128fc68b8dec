import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fromColumns, toColumns } from './columns.ts';

it('gives back the records that it took apart, as JSON writes them', () => {
  const { trials } = JSON.parse(readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8'));
  const there = JSON.parse(JSON.stringify(toColumns(trials)));
  expect(JSON.stringify(fromColumns(there))).toBe(JSON.stringify(trials));
});

it('tells a value that is missing from one that is null, and from an object without keys', () => {
  const records = [{ a: null }, {}, { a: {} }, { b: [], a: { b: 1 } }, { a: undefined }, { a: 'b' }];
  expect(JSON.stringify(fromColumns(toColumns(records)))).toBe(JSON.stringify(records));
});

it('takes any word as a key', () => {
  const records = JSON.parse('[{"__proto__": {"constructor": 1}}, {"a b": {"c": 2}}, {"a": {"b c": 3}}]');
  expect(JSON.stringify(fromColumns(toColumns(records)))).toBe(JSON.stringify(records));
});
