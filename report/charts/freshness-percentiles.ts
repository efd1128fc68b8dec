import { sentencePer, writeMs } from '../units.ts';
import type { Axis, Figure, LineSeries, Point } from './figure.ts';
import { cumulativeShare, modelSeries, type Setting } from './freshness-settings.ts';
import type { Lane } from './lanes.ts';
import { countCell, numberCell, numberColumn, type Table, wordCell, wordColumn } from './table.ts';

/**
 * The percentile spectrum, as HdrHistogram draws it: latency over 1 / (1 − p), so that the slowest hundredth
 * takes as much room as everything before it. An average hides what happens there.
 */
export function percentilesFigure({ name, lanes }: Setting, latency: Axis): Figure {
  const title = `Latency by percentile: ${name}`;
  return {
    id: 'freshness-percentiles',
    title: 'Latency by percentile',
    notes: [
      'The scale stretches the slowest messages: 1 message in 10 is right of 90%, and 1 in 100 is right of 99%. A line ends at its slowest message. Thin dotted lines: the short-poll model.',
    ],
    panels: [
      {
        kind: 'lines',
        id: 'freshness-percentiles-0',
        title,
        says: `${title}. ${sentencePer(lanes.map(slowestHundredth))}`,
        size: 'wide',
        x: {
          title: 'Percentile: share of messages within this latency',
          scale: 'logarithmic',
          unit: 'percentile',
          min: 1,
          max: Math.max(10, ...lanes.map(countOf)),
        },
        y: latency,
        series: [
          ...lanes.flatMap((lane) => modelSeries(lane).map((line) => drawnOut(line, countOf(lane)))),
          ...lanes.map((lane) => drawnOut(measured(lane), countOf(lane))),
        ],
        labels: 'end',
      },
    ],
    table: percentilesTable(lanes),
  };
}

function measured({ name, transport, thin, trials }: Lane): LineSeries {
  return { name, transport, role: 'measured', thin, points: cumulativeShare(trials) };
}

/** Ages and shares turned into percentiles and ages. Beyond the last of `count` messages there is no percentile. */
function drawnOut(line: LineSeries, count: number): LineSeries {
  const points = line.points.map(({ x, y }): Point => ({ x: Math.min(count, 1 / (1 - y / 100)), y: x }));
  return { ...line, points, unnamed: line.role === 'model' };
}

function countOf({ trials }: Lane): number {
  return trials.reduce((sum, { delayMs }) => sum + delayMs.count, 0);
}

function slowestHundredth(lane: Lane): string {
  const ageMs = percentileOf(lane, 99);
  return `${lane.name}: 99th percentile ${ageMs === undefined ? 'unknown (too few messages)' : writeMs(ageMs)}`;
}

/** The age that so many percent of all runs' messages did not exceed, at most a tenth too high; `undefined` where there are too few messages to say. */
function percentileOf(lane: Lane, percent: number): number | undefined {
  if (percent - rounding > 100 - 100 / countOf(lane)) return undefined;
  return cumulativeShare(lane.trials).find(({ y }) => y >= percent - rounding)?.x;
}

/** How far off a percentage may be by its way of being calculated. */
const rounding = 1e-9;

const percents = [50, 75, 90, 95, 99, 99.9];

function percentilesTable(lanes: readonly Lane[]): Table {
  return {
    id: 'freshness-percentiles-table',
    caption:
      'Latency percentiles over all runs, each rounded up by at most a tenth. A dash means that there were too few messages for this percentile.',
    columns: [
      wordColumn('transport'),
      numberColumn('deliveries'),
      ...percents.map((percent) => numberColumn(`latency p${percent}`, 'ms')),
    ],
    rows: lanes.map((lane) => [
      wordCell(lane.name),
      countCell(countOf(lane)),
      ...percents.map((percent) => numberCell(percentileOf(lane, percent))),
    ]),
  };
}
