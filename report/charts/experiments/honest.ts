import type { Result } from '../../../bench/result.ts';
import { counted, threeDigits } from '../../units.ts';
import type { Figure } from '../figure.ts';
import { leftOutNotes } from '../lanes.ts';
import { compare } from '../panels.ts';
import { numbers, tableOf, words } from '../table.ts';

/** How could this benchmark lie? The same thing read naively and honestly, a row for each, a panel for each unit. */
export function honestFigures(result: Result): Figure[] {
  const pairs = result.pairs.filter(({ experiment }) => experiment === 'honest');
  if (pairs.length === 0) return [];
  // The unit with the most pairs first: it makes the tallest panel.
  const units = [...new Set(pairs.map(({ unit }) => unit))]
    .map((unit) => ({ unit, own: pairs.filter((pair) => pair.unit === unit) }))
    .sort((a, b) => b.own.length - a.own.length);
  return [
    {
      id: 'honest-pairs',
      title: 'The same quantity, measured naively and honestly',
      notes: leftOutNotes(result, 'honest'),
      panels: units.map(({ unit, own }, index) =>
        compare(
          {
            id: `honest-${index + 1}`,
            title: `${counted(own.length, 'quantity', 'quantities')} in ${unit}`,
            size: 'wide',
          },
          `Measured value (${unit}, log scale)`,
          { hollow: 'naive', filled: 'honest' },
          own.map(({ title, naive, honest, lesson }) => ({
            name: `${title[0]?.toUpperCase()}${title.slice(1)}`,
            detail: lesson,
            hollow: naive.value,
            filled: honest.value,
          })),
          (value) => `${threeDigits(value)} ${unit}`,
          threeDigits,
        ),
      ),
      table: tableOf(
        {
          id: 'honest-pairs-table',
          caption: 'How each number was measured. The values are from the median run of each method.',
        },
        pairs,
        [
          words('quantity', ({ title }) => title),
          words('naive method', ({ naive }) => naive.how),
          numbers('naive value', undefined, ({ naive }) => naive.value),
          words('honest method', ({ honest }) => honest.how),
          numbers('honest value', undefined, ({ honest }) => honest.value),
          words('unit', ({ unit }) => unit),
          numbers('larger ÷ smaller', undefined, ({ naive, honest }) =>
            timesApart(naive.value, honest.value),
          ),
        ],
      ),
    },
  ];
}

/** How many times the larger is the smaller; `undefined` where one of them is nothing. */
function timesApart(a: number, b: number): number | undefined {
  return a > 0 && b > 0 ? Math.max(a / b, b / a) : undefined;
}
