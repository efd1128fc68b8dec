import { expect, it } from 'vitest';
import { decodedText } from './decoded-text.ts';

const text = '{"cpu": "µ-Prozessor ✓"}';
const utf16le = Buffer.from(text, 'utf16le');
const bytesOf = {
  'UTF-8': Buffer.from(text),
  'UTF-16 of Windows': utf16le,
  'UTF-16 the other way round': Buffer.from(utf16le).swap16(),
};
const marks = {
  'UTF-8': [0xef, 0xbb, 0xbf],
  'UTF-16 of Windows': [0xff, 0xfe],
  'UTF-16 the other way round': [0xfe, 0xff],
};

it.each(Object.keys(bytesOf) as (keyof typeof bytesOf)[])('reads %s with a mark and without', (kind) => {
  expect(decodedText(bytesOf[kind])).toBe(text);
  expect(decodedText(Buffer.from([...marks[kind], ...bytesOf[kind]]))).toBe(text);
});

it('reads a file of hardly a byte', () => {
  expect(decodedText(Buffer.from(''))).toBe('');
  expect(decodedText(Buffer.from('7'))).toBe('7');
});
