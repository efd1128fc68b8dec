import type { Chart, ChartConfiguration, ChartDataset } from 'chart.js';
import { transportLooks } from '../../clients/transports.ts';
import type { TimelinePanel } from '../charts/figure.ts';
import { numberAxis, rowAxis } from './axes.ts';
import { colourOf } from './colours.ts';
import { caughtUpStroke, shadeBox } from './marks.ts';

/** The range of a marker's radius in pixels; the available width decides. */
const radiusMax = 5;
const radiusMin = 1.5;

/** A row of markers per client, below the name of the shaded period: filled, hollow, or a cross, each at the scheduled send time of its message. */
export function timelineChart(panel: TimelinePanel): ChartConfiguration<'scatter'> {
  const { rows, x, shade } = panel;
  const mostInRow = Math.max(
    ...rows.map(({ atOnce, later, never }) => atOnce.length + later.length + never.length),
  );
  const radiusOf = (chart: Chart) =>
    Math.min(radiusMax, Math.max(radiusMin, (0.42 * (chart.chartArea?.width ?? chart.width)) / mostInRow));
  return {
    type: 'scatter',
    data: { datasets: markers.map((marker) => datasetOf(panel, marker, radiusOf)) },
    options: {
      layout: { padding: { right: 12 } },
      scales: { x: numberAxis(x), y: { ...rowAxis(rows.map(({ name }) => name)), min: -1 } },
      plugins: {
        tooltip: { enabled: false },
        annotation: {
          annotations: [
            shadeBox(shade),
            ...rows.flatMap(({ caughtUpAt, transport }, place) =>
              caughtUpAt === undefined ? [] : [caughtUpStroke(caughtUpAt, place, transport)],
            ),
          ],
        },
      },
    },
  };
}

const markers = ['atOnce', 'later', 'never'] as const;

function datasetOf(
  { rows }: TimelinePanel,
  marker: (typeof markers)[number],
  radiusOf: (chart: Chart) => number,
): ChartDataset<'scatter'> {
  const colours = rows.flatMap((row) => row[marker].map(() => colourOf(row.transport)));
  const shapes = rows.flatMap((row) => row[marker].map(() => shapeOf(row.transport)));
  return {
    label: marker,
    data: rows.flatMap((row, place) => row[marker].map((x) => ({ x, y: place }))),
    pointStyle: marker === 'never' ? 'crossRot' : shapes,
    pointBackgroundColor: marker === 'later' ? colourOf('panel') : colours,
    pointBorderColor: marker === 'never' ? colourOf('fails') : colours,
    pointBorderWidth: marker === 'never' ? 2 : 1.75,
    pointRadius: ({ chart }) => radiusOf(chart),
    pointHoverRadius: ({ chart }) => radiusOf(chart),
  };
}

/** A cross means missed, so a transport with a cross as its marker gets a disc. */
function shapeOf(transport: keyof typeof transportLooks) {
  const { shape } = transportLooks[transport];
  return shape === 'crossRot' || shape === 'star' ? 'circle' : shape;
}
