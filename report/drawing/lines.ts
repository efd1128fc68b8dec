import type { ChartConfiguration, ChartDataset } from 'chart.js';
import { transportLooks } from '../../clients/transports.ts';
import type { LinePanel, LineSeries } from '../charts/figure.ts';
import { writeTick } from '../units.ts';
import { numberAxis } from './axes.ts';
import { colourOf, faint } from './colours.ts';
import { boundStroke, limitStroke, shadeBox } from './marks.ts';
import { nameLines } from './names.ts';

/** A line with more points has markers at some of them only. */
const markersMax = 9;

/** Lines over two number axes, each with its name next to it where there is room. */
export function lineChart(panel: LinePanel): ChartConfiguration<'line'> {
  return {
    type: 'line',
    data: { datasets: panel.series.map(lineOf) },
    options: {
      parsing: false,
      layout: { padding: { top: 8, right: panel.labels === 'end' ? 8 : 16 } },
      interaction: { mode: 'nearest', intersect: false },
      scales: { x: numberAxis(panel.x), y: numberAxis(panel.y) },
      plugins: {
        annotation: { annotations: marksOf(panel) },
        tooltip: {
          displayColors: false,
          callbacks: {
            title: () => '',
            label: ({ dataset, parsed }) =>
              `${dataset.label}: ${writeTick(parsed.y ?? 0, panel.y.unit)} at ${writeTick(parsed.x ?? 0, panel.x.unit)}`,
          },
        },
      },
    },
    plugins: [nameLines(panel)],
  };
}

function marksOf({ shade, bound, limits = [] }: LinePanel) {
  return [
    ...(shade ? [shadeBox(shade)] : []),
    ...(bound ? [boundStroke(bound)] : []),
    ...limits.map(limitStroke),
  ];
}

function lineOf(line: LineSeries): ChartDataset<'line'> {
  const { dash, shape } = transportLooks[line.transport];
  const colour = colourOf(line.transport);
  const step = Math.ceil(line.points.length / markersMax);
  const bare = line.role === 'model' || line.role === 'run';
  const radius = line.role === 'extreme' ? 5 : 4.5;
  return {
    label: line.name,
    data: line.points,
    clip: 8,
    showLine: line.role !== 'extreme',
    borderColor: line.role === 'run' ? faint(colour, 0.35) : colour,
    borderWidth: { measured: line.thin ? 2.25 : 3.5, run: 1.25, model: 1.75, extreme: 2 }[line.role],
    borderDash: line.role === 'model' ? [2, 4] : line.dotted ? [2, 3] : [...dash],
    pointStyle: shape,
    pointRadius: bare ? 0 : line.points.map((_, index) => (index % step !== 0 ? 0 : radius)),
    pointBackgroundColor: line.role === 'extreme' || line.dotted ? colourOf('panel') : colour,
    pointBorderColor: colour,
    pointBorderWidth: 2,
    pointHitRadius: 6,
    order: line.role === 'measured' ? 0 : 1,
  };
}
