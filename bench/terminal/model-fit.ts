import { modelFits } from '../analysis/model-fit.ts';
import { threeDigits } from '../analysis/statistics.ts';
import type { Result } from '../result.ts';

/** The table "model fit" for the terminal; `undefined` where no trial with distance was run. */
export function writeModelFit({ trials }: Result): string | undefined {
  const fits = modelFits(trials);
  if (fits.length === 0) return undefined;
  const rows = fits.map(({ what, unit, measured, model, deviation, deviationUnit, limit, fits }) => [
    what,
    `${threeDigits(measured)} ${unit}`,
    `${threeDigits(model)} ${unit}`,
    `${deviation >= 0 ? '+' : '−'}${Math.abs(deviation).toFixed(1)} ${deviationUnit}`,
    `±${limit}`,
    fits ? 'fits' : 'MISSES',
  ]);
  const all = [['model fit', 'measured', 'model', 'deviation', 'limit', ''], ...rows];
  const widths = (all[0] as string[]).map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
