import type { ChartConfiguration } from 'chart.js';
import type { BarPanel, BarRow } from '../charts/figure.ts';
import { numberAxis } from './axes.ts';
import { colourOf, faint } from './colours.ts';
import { mark, modelStroke, rangeStroke } from './marks.ts';

/** One bar per row from zero, its value as a number at its end, the model as a dashed line across it. */
export function barChart({ rows, x }: BarPanel): ChartConfiguration<'bar'> {
  const colours = rows.map(({ transport }) => colourOf(transport));
  return {
    type: 'bar',
    data: {
      labels: rows.map(({ name }) => name.split(/ (?=\(|every )/)),
      datasets: [
        {
          data: rows.map(({ value }) => value),
          backgroundColor: colours.map((colour) => faint(colour, 0.8)),
          barPercentage: 0.62,
          categoryPercentage: 1,
          minBarLength: 2,
        },
      ],
    },
    options: {
      indexAxis: 'y',
      layout: { padding: { right: 56 } },
      scales: {
        x: numberAxis(x),
        y: {
          border: { color: colourOf('quiet') },
          grid: { display: false },
          ticks: { autoSkip: false, color: colourOf('ink'), font: { size: 13, lineHeight: 1.15 } },
        },
      },
      plugins: {
        tooltip: { enabled: false },
        annotation: { clip: false, annotations: rows.flatMap(marksOf) },
      },
    },
  };
}

function marksOf(row: BarRow, place: number) {
  const end = Math.max(row.value ?? 0, row.high ?? 0, row.model ?? 0);
  return [
    ...(row.low !== undefined && row.high !== undefined ? [rangeStroke(row.low, row.high, place)] : []),
    ...(row.model !== undefined ? [modelStroke(row.model, place)] : []),
    mark(row.text, end, place, row.value === null ? colourOf('quiet') : colourOf('ink')),
  ];
}
