import type { Spread } from '../../bench/analysis/statistics.ts';
import { nothing, threeDigits, whole } from '../units.ts';

/**
 * Tables as plain data. Units stand in the head of a column, so that its numbers line up; a cell
 * carries its value beside the rounded text, and that is what a download gets, in six digits.
 */
export type Table = {
  id: string;
  caption: string;
  columns: Column[];
  rows: Cell[][];
  /** The table is what the figure shows, so it is not folded. */
  staysOpen?: boolean;
};

export type Column = { title: string; unit?: string; numeric: boolean };

/** `range` is the smallest and the largest run, written small beside the value; `mark` colours a judgement. */
export type Cell = {
  text: string;
  value?: number;
  range?: { low: number; high: number };
  mark?: 'good' | 'bad';
};

/** How a cell with several runs is read: the end of a caption. */
export const severalRuns = 'With several runs: the median, then minimum to maximum.';

/** A column of words. */
export function wordColumn(title: string): Column {
  return { title, numeric: false };
}

/** A column of numbers, aligned at the right. */
export function numberColumn(title: string, unit?: string): Column {
  return { title, unit, numeric: true };
}

export function wordCell(text: string): Cell {
  return { text };
}

/** A measured number in three digits. */
export function numberCell(value: number | null | undefined): Cell {
  return value === null || value === undefined ? { text: nothing } : { text: threeDigits(value), value };
}

/** A number that was counted: shown in full. */
export function countCell(value: number): Cell {
  return { text: whole(value), value };
}

/** The median of several runs, with the smallest and the largest. */
export function spreadCell(spread: Spread | undefined): Cell {
  if (!spread) return { text: nothing };
  const { median, low, high, runs } = spread;
  return { text: threeDigits(median), value: median, ...(runs > 1 && { range: { low, high } }) };
}
