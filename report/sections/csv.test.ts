import { expect, it } from 'vitest';
import { numberCell, spreadCell, type Table, wordCell } from '../charts/table.ts';
import { csvOf } from './csv.ts';

const wordColumn = (title: string) => ({ title, numeric: false });
const numberColumn = (title: string, unit?: string) => ({ title, unit, numeric: true });

function fileOf(columns: Table['columns'], ...rows: Table['rows']): string {
  return csvOf({ id: 'some', caption: '', columns, rows });
}

it('a table as a file has values in five digits, and both ends of a range in columns of their own', () => {
  const columns = [wordColumn('transport'), numberColumn('CPU', 'µs'), numberColumn('missed')];
  const several = [
    wordCell('push'),
    spreadCell({ median: 1 / 3, low: 0.25, high: 35, runs: 3 }),
    numberCell(20),
  ];
  const one = [wordCell('model’s'), spreadCell({ median: 35, low: 35, high: 35, runs: 1 }), numberCell(0)];
  expect(fileOf(columns, several, one)).toBe(
    '\ufefftransport,CPU µs,CPU µs low,CPU µs high,missed\r\npush,0.33333,0.25,35,20\r\nmodel’s,35,,,0\r\n',
  );
});

it('a table as a file has nothing where nothing was measured, words as words, and quotes where they are needed', () => {
  const columns = [wordColumn('a "b", c'), numberColumn('age', 'ms'), numberColumn('change')];
  expect(fileOf(columns, [wordCell('=1+1'), numberCell(null), numberCell(-5)])).toBe(
    '\ufeff"a ""b"", c",age ms,change\r\n\'=1+1,,-5\r\n',
  );
});
