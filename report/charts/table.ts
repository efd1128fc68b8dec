import { type Spread, spread } from '../../bench/analysis/statistics.ts';
import { nothing, threeDigits, whole } from '../units.ts';
import type { Metric } from './metrics.ts';

/**
 * Tables as plain data. Units stand in the head of a column, so that its numbers line up; a cell
 * carries its value beside the rounded text, and that is what a download gets, in five digits.
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
export const severalRuns = 'With several runs, each cell shows the median, then minimum to maximum.';

/** A column and how its cell is made of a row. */
export type ColumnOf<Row> = Column & { cell: (row: Row) => Cell };

/** A table of some rows. Each column says its head and its cells at once. */
export function tableOf<Row>(
  frame: Omit<Table, 'columns' | 'rows'>,
  rows: readonly Row[],
  columns: readonly ColumnOf<NoInfer<Row>>[],
): Table {
  return {
    ...frame,
    columns: columns.map(({ title, unit, numeric }) => ({ title, unit, numeric })),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
  };
}

/** A column of words. */
export function words<Row>(title: string, of: (row: Row) => string): ColumnOf<Row> {
  return { title, numeric: false, cell: (row) => wordCell(of(row)) };
}

/** A column of measured numbers, in three digits. */
export function numbers<Row>(
  title: string,
  unit: string | undefined,
  of: (row: Row) => number | null | undefined,
): ColumnOf<Row> {
  return { title, unit, numeric: true, cell: (row) => numberCell(of(row)) };
}

/** A column of numbers that were counted, in full. */
export function counts<Row>(
  title: string,
  of: (row: Row) => number | undefined,
  unit?: string,
): ColumnOf<Row> {
  return { title, unit, numeric: true, cell: (row) => countCell(of(row)) };
}

/** Rows that hold the runs which are compared as one. */
type Runs<Run> = { runs: readonly Run[] };

/** A metric's column: the median of the runs of a row, with the smallest and the largest. */
export function medians<Run>({ name, unit, read }: Metric<Run>): ColumnOf<Runs<Run>> {
  return { title: name, unit, numeric: true, cell: ({ runs }) => spreadCell(spread(runs.map(read))) };
}

/** How many runs a row is made of. */
export const runsColumn: ColumnOf<Runs<unknown>> = counts('runs', ({ runs }) => runs.length);

/** The messages that arrived, over all runs of a row. */
export const deliveries: ColumnOf<Runs<{ delayMs: { count: number } }>> = counts('deliveries', ({ runs }) =>
  runs.reduce((sum, { delayMs }) => sum + delayMs.count, 0),
);

/** The name of a row. */
export function names(title: string): ColumnOf<{ name: string }> {
  return words(title, ({ name }) => name);
}

export function wordCell(text: string): Cell {
  return { text };
}

/** A measured number in three digits. */
export function numberCell(value: number | null | undefined): Cell {
  return value === null || value === undefined ? { text: nothing } : { text: threeDigits(value), value };
}

/** A number that was counted: shown in full. */
export function countCell(value: number | undefined): Cell {
  return value === undefined ? { text: nothing } : { text: whole(value), value };
}

/** The median of several runs, with the smallest and the largest. */
export function spreadCell(spread: Spread | undefined): Cell {
  if (!spread) return { text: nothing };
  const { median, low, high, runs } = spread;
  return { text: threeDigits(median), value: median, ...(runs > 1 && { range: { low, high } }) };
}
