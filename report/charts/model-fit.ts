import { type ModelFit, missesInWords, modelFits, writeDeviation } from '../../bench/analysis/model-fit.ts';
import type { Trial } from '../../bench/result.ts';
import type { Figure } from './figure.ts';
import { countCell, numberCell, numberColumn, type Table, wordCell, wordColumn } from './table.ts';

/** How well the models fit, each comparison with the limit that was set before the run. */
export function modelFitFigures(trials: readonly Trial[]): Figure[] {
  const fits = modelFits(trials);
  if (fits.length === 0) return [];
  const missed = fits.filter(({ fits }) => !fits).length;
  return [
    {
      id: 'model-fit',
      title: `Model fit: ${fits.length - missed} of ${fits.length} comparisons within their limits`,
      notes: [
        ...(missed > 0 ? [missesInWords(fits)] : []),
        'The models use the message times and the one-way delays measured in the same trials, so chance affects model and measurement alike. A deviation means that another cause added latency. The models know one-way delay, intervals and message times. The models leave out the milliseconds that a busy machine adds. These milliseconds matter most at short distances, where all transports share two processes. The share of empty responses is coarse when a run has few polls.',
      ],
      panels: [],
      table: fitTable(fits),
    },
  ];
}

function fitTable(fits: readonly ModelFit[]): Table {
  return {
    id: 'model-fit-table',
    caption: 'Deviation in percent of the model; for shares, in percentage points.',
    staysOpen: true,
    columns: [
      wordColumn('comparison'),
      wordColumn('within its limit?'),
      numberColumn('measured'),
      numberColumn('model'),
      wordColumn('unit'),
      numberColumn('deviation'),
      numberColumn('limit'),
      numberColumn('runs'),
    ],
    // What doesn't fit comes first: that is what a reader should know.
    rows: fits
      .toSorted((a, b) => Number(a.fits) - Number(b.fits))
      .map(({ what, unit, measured, model, deviation, deviationUnit, limit, fits, runs }) => [
        wordCell(what),
        { ...wordCell(fits ? '✓ within its limit' : '✗ outside its limit'), mark: fits ? 'good' : 'bad' },
        numberCell(measured),
        numberCell(model),
        wordCell(unit),
        { text: writeDeviation({ deviation, deviationUnit }), value: deviation },
        { text: `±${limit}${deviationUnit === '%' ? '%' : ' points'}`, value: limit },
        countCell(runs),
      ]),
  };
}
