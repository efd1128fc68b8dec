import type { Cell, Column, Table } from '../charts/table.ts';
import { fiveDigits, nothing } from '../units.ts';

/** Without this mark Excel reads UTF-8 as another character set, and shows "Âµs". */
const byteOrderMark = '\ufeff';

/**
 * A table as CSV (RFC 4180), with numbers in five digits and each column's unit in its head. A column with ranges is
 * followed by a column of low ends and a column of high ends. Missing values are empty.
 */
export function csvOf({ columns, rows }: Table): string {
  const hasRanges = columns.map((_, place) => rows.some((row) => row[place]?.range));
  const lines = [
    columns.flatMap((column, place) => headsOf(column, hasRanges[place] === true)),
    ...rows.map((row) => row.flatMap((cell, place) => valuesOf(cell, hasRanges[place] === true))),
  ];
  return byteOrderMark + lines.map((values) => `${values.map(quoted).join(',')}\r\n`).join('');
}

function headsOf({ title, unit }: Column, hasRanges: boolean): string[] {
  const head = unit ? `${title} ${unit}` : title;
  return hasRanges ? [head, `${head} low`, `${head} high`] : [head];
}

function valuesOf({ text, value, range }: Cell, hasRanges: boolean): string[] {
  const own = value === undefined ? asWords(text) : inFull(value);
  return hasRanges ? [own, inFull(range?.low), inFull(range?.high)] : [own];
}

function inFull(value: number | undefined): string {
  return value === undefined ? '' : String(fiveDigits(value));
}

/** Marks text that a spreadsheet would read as a formula, as OWASP advises ("CSV Injection"). */
function asWords(text: string): string {
  if (text === nothing) return '';
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
