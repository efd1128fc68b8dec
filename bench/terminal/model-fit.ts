import { missesInWords, modelFits, writeDeviation } from '../analysis/model-fit.ts';
import { threeDigits } from '../analysis/statistics.ts';
import type { Result } from '../result.ts';

/** The table "model fit" for the terminal, and its misses in words; `undefined` where no trial has a model to fit. */
export function writeModelFit({ trials }: Result): string | undefined {
  const fits = modelFits(trials);
  if (fits.length === 0) return undefined;
  const rows = fits.map((fit) => [
    fit.what,
    `${threeDigits(fit.measured)} ${fit.unit}`,
    `${threeDigits(fit.model)} ${fit.unit}`,
    writeDeviation(fit),
    `±${fit.limit}`,
    fit.fits ? 'within' : 'OUTSIDE',
  ]);
  const all = [['model fit', 'measured', 'model', 'deviation', 'limit', ''], ...rows];
  const widths = (all[0] as string[]).map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  const table = all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
  return `${table}\n${missesInWords(fits)}`;
}
