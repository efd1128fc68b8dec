import type { ChartConfiguration, ChartDataset } from 'chart.js';
import { transportLooks } from '../../clients/transports.ts';
import type { Axis, DotPanel, DotRow } from '../charts/figure.ts';
import { writeTick } from '../units.ts';
import { numberAxis, rowAxis } from './axes.ts';
import { colourOf } from './colours.ts';
import { mark, modelStroke, rangeStroke } from './marks.ts';

/** A filled marker for the median and a hollow marker for the mean of every row, with the median as a number. */
export function dotChart({ rows, x }: DotPanel): ChartConfiguration<'scatter'> {
  const markers = (kind: 'median' | 'mean'): ChartDataset<'scatter'> => ({
    label: kind,
    data: rows.map((row, place) => ({ x: row[kind], y: place })),
    pointStyle: rows.map(({ transport }) => transportLooks[transport].shape),
    pointBackgroundColor: rows.map(({ transport }) =>
      kind === 'median' ? colourOf(transport) : colourOf('panel'),
    ),
    pointBorderColor: rows.map(({ transport }) => colourOf(transport)),
    pointBorderWidth: kind === 'median' ? 3 : 2,
    pointRadius: kind === 'median' ? 7 : 6,
  });
  return {
    type: 'scatter',
    data: { datasets: [markers('median'), markers('mean')] },
    options: {
      layout: { padding: { right: 12 } },
      scales: { x: numberAxis(x), y: rowAxis(rows.map(({ name }) => name)) },
      plugins: {
        tooltip: {
          callbacks: {
            label: ({ dataset, parsed }) => `${dataset.label} ${writeTick(parsed.x ?? 0, x.unit)}`,
          },
        },
        annotation: {
          clip: false,
          annotations: rows.flatMap((row, place) => [
            rangeStroke(row.low, row.high, place),
            ...(row.model === undefined ? [] : [modelStroke(row.model, place)]),
            medianMark(row, place, x),
          ]),
        },
      },
    },
  };
}

/** The median as a number, right of the markers; left of them near the right end of the axis. */
function medianMark({ median, mean }: DotRow, place: number, { min = 1, max = 1, unit }: Axis) {
  const text = writeTick(median, unit);
  const isFarRight = Math.log(median / min) > 0.7 * Math.log(max / min);
  const beside = isFarRight ? Math.min(median, mean) : Math.max(median, mean);
  return {
    ...mark(text, beside, place, colourOf('ink')),
    position: { x: isFarRight ? 'end' : 'start', y: 'center' } as const,
    xAdjust: isFarRight ? -12 : 12,
  };
}
