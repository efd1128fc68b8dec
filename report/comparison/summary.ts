import type { Comparison } from '../../bench/analysis/comparison.ts';
import type { ExperimentText } from '../../bench/result.ts';
import { clearDifferences, countsSentence, nameRows } from './rows.ts';

/** A comparison for the terminal: warnings, changed verdicts, and the clear differences as a table. */
export function comparisonSummary(comparison: Comparison, texts: readonly ExperimentText[]): string {
  const { warnings, verdicts, rows } = comparison;
  const changed = verdicts.filter(({ change }) => change === 'changed');
  const inBoth = verdicts.filter(({ change }) => change === 'same' || change === 'changed').length;
  return [
    warnings.map(({ text }) => `! ${text}`).join('\n'),
    [
      `${changed.length} of ${inBoth} verdicts changed${changed.length > 0 ? ':' : '.'}`,
      ...changed.map(({ claim, a, b }) => `  ${claim}: ${a?.verdict} in A, ${b?.verdict} in B`),
    ].join('\n'),
    countsSentence(comparison),
    table(clearRows(rows, texts)),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function clearRows(rows: Comparison['rows'], texts: readonly ExperimentText[]): string[][] {
  const clear = new Set(clearDifferences(rows));
  const named = nameRows(rows, texts).filter(({ row }) => clear.has(row));
  if (named.length === 0) return [];
  return [
    ['experiment', 'condition', 'quantity', 'A', 'B', 'B / A', '95% interval', ''],
    ...named.map(({ row, experiment, condition, a, b, ratio, interval, words }) => [
      experiment,
      condition,
      row.quantity.name,
      a,
      b,
      ratio,
      interval,
      words,
    ]),
  ];
}

/** Columns as wide as their longest cell. */
function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
