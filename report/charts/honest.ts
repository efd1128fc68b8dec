import type { Pair, Result } from '../../bench/result.ts';
import { counted, sentencePer, threeDigits } from '../units.ts';
import { compareAxis } from './compare-axis.ts';
import type { ComparePanel, Figure } from './figure.ts';
import { leftOutNotes } from './lanes.ts';
import { numberCell, numberColumn, type Table, wordCell, wordColumn } from './table.ts';

/** How could this benchmark lie? The same thing read naively and honestly, a row for each, a panel for each unit. */
export function honestFigures(result: Result): Figure[] {
  const pairs = result.pairs.filter(({ experiment }) => experiment === 'honest');
  if (pairs.length === 0) return [];
  // The unit with the most pairs first: it makes the tallest panel.
  const units = [...new Set(pairs.map(({ unit }) => unit))].map((unit) => ({
    unit,
    pairs: pairs.filter((pair) => pair.unit === unit),
  }));
  units.sort((a, b) => b.pairs.length - a.pairs.length);
  return [
    {
      id: 'honest-pairs',
      title: 'The same quantity, measured naively and honestly',
      notes: leftOutNotes(result, 'honest'),
      panels: units.map(({ unit, pairs }, index) => unitPanel(unit, pairs, index)),
      table: pairsTable(pairs),
    },
  ];
}

function unitPanel(unit: string, pairs: readonly Pair[], index: number): ComparePanel {
  const values = pairs.flatMap(({ naive, honest }) => [naive.value, honest.value]);
  const write = (value: number) => `${threeDigits(value)} ${unit}`;
  const { axis, place } = compareAxis(`Measured value (${unit}, log scale)`, values, threeDigits);
  return {
    kind: 'compare',
    id: `honest-${index + 1}`,
    title: `${counted(pairs.length, 'quantity', 'quantities')} in ${unit}`,
    says: sentencePer(
      pairs.map(
        ({ title, naive, honest }) => `${title}: naive ${write(naive.value)}, honest ${write(honest.value)}`,
      ),
    ),
    size: 'wide',
    axis,
    words: { hollow: 'naive', filled: 'honest' },
    rows: pairs.map(({ title, naive, honest, lesson }) => ({
      name: `${title[0]?.toUpperCase()}${title.slice(1)}`,
      detail: lesson,
      hollow: place(naive.value, write(naive.value)),
      filled: place(honest.value, write(honest.value)),
    })),
  };
}

function pairsTable(pairs: readonly Pair[]): Table {
  return {
    id: 'honest-pairs-table',
    caption: 'How each number was measured: the median run of each method.',
    columns: [
      wordColumn('quantity'),
      wordColumn('naive method'),
      numberColumn('naive value'),
      wordColumn('honest method'),
      numberColumn('honest value'),
      wordColumn('unit'),
      numberColumn('larger ÷ smaller'),
    ],
    rows: pairs.map(({ title, unit, naive, honest }) => [
      wordCell(title),
      wordCell(naive.how),
      numberCell(naive.value),
      wordCell(honest.how),
      numberCell(honest.value),
      wordCell(unit),
      numberCell(timesApart(naive.value, honest.value)),
    ]),
  };
}

/** How many times the larger is the smaller; `undefined` where one of them is nothing. */
function timesApart(a: number, b: number): number | undefined {
  return a > 0 && b > 0 ? Math.max(a / b, b / a) : undefined;
}
