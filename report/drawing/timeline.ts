import type { Chart, ChartConfiguration, ChartDataset } from 'chart.js';
import { transportLooks } from '../../clients/transports.ts';
import type { TimelinePanel } from '../charts/figure.ts';
import { numberAxis, rowAxis } from './axes.ts';
import { colourOf } from './colours.ts';
import { caughtUpStroke, shadeBox } from './marks.ts';

/** The largest and the smallest radius of a sign, in pixels: what there is room for lies between. */
const radiusMax = 5;
const radiusMin = 1.5;

/** A row of signs per client, below the name of the shaded time: filled, hollow, or a cross, each at the instant at which its message was due. */
export function timelineChart(panel: TimelinePanel): ChartConfiguration<'scatter'> {
  const { rows, x, shade } = panel;
  const mostInRow = Math.max(
    ...rows.map(({ atOnce, later, never }) => atOnce.length + later.length + never.length),
  );
  const radiusOf = (chart: Chart) =>
    Math.min(radiusMax, Math.max(radiusMin, (0.42 * (chart.chartArea?.width ?? chart.width)) / mostInRow));
  return {
    type: 'scatter',
    data: { datasets: signs.map((sign) => datasetOf(panel, sign, radiusOf)) },
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

const signs = ['atOnce', 'later', 'never'] as const;

function datasetOf(
  { rows }: TimelinePanel,
  sign: (typeof signs)[number],
  radiusOf: (chart: Chart) => number,
): ChartDataset<'scatter'> {
  const colours = rows.flatMap((row) => row[sign].map(() => colourOf(row.transport)));
  const shapes = rows.flatMap((row) => row[sign].map(() => shapeOf(row.transport)));
  return {
    label: sign,
    data: rows.flatMap((row, place) => row[sign].map((x) => ({ x, y: place }))),
    pointStyle: sign === 'never' ? 'crossRot' : shapes,
    pointBackgroundColor: sign === 'later' ? colourOf('panel') : colours,
    pointBorderColor: sign === 'never' ? colourOf('fails') : colours,
    pointBorderWidth: sign === 'never' ? 2 : 1.75,
    pointRadius: ({ chart }) => radiusOf(chart),
    pointHoverRadius: ({ chart }) => radiusOf(chart),
  };
}

/** A cross means missed here, so a transport whose sign is one gets a disc. */
function shapeOf(transport: keyof typeof transportLooks) {
  const { shape } = transportLooks[transport];
  return shape === 'crossRot' || shape === 'star' ? 'circle' : shape;
}
