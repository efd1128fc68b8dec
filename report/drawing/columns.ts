import type { ChartConfiguration } from 'chart.js';
import type { ColumnPanel, Point } from '../charts/figure.ts';
import { numberAxis } from './axes.ts';
import { colourOf, faint } from './colours.ts';

/** Upright bars over time. All columns are given, the empty ones too, so that each is as wide as its time. */
export function columnChart({ x, y, transport, columns }: ColumnPanel): ChartConfiguration<'bar', Point[]> {
  return {
    type: 'bar',
    data: {
      datasets: [
        {
          data: columns,
          backgroundColor: faint(colourOf(transport), 0.8),
          barPercentage: 0.86,
          categoryPercentage: 1,
        },
      ],
    },
    options: {
      parsing: false,
      layout: { padding: { top: 8, right: 12 } },
      scales: {
        x: { ...numberAxis(x), offset: false, grid: { color: colourOf('grid'), offset: false } },
        y: numberAxis(y),
      },
      plugins: { tooltip: { enabled: false } },
    },
  };
}
