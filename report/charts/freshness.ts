import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { sentencePer, writeMs } from '../units.ts';
import type { Axis, DotRow, Figure, LineSeries, Panel } from './figure.ts';
import { decadeBelow, dotsKey, roundAbove } from './figure.ts';
import { percentilesFigure } from './freshness-percentiles.ts';
import { cumulativeShare, modelSeries, type Setting, settingsOf, sizeOf } from './freshness-settings.ts';
import { type Lane, leftOutNotes, usableTrials } from './lanes.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  severalRuns,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/**
 * How high is the latency of a message? The share of messages within each latency, per
 * transport, over the uniform distribution that a short poll should have; the same with the slowest
 * messages drawn out; then medians and means.
 */
export function freshnessFigures(result: Result): Figure[] {
  const settings = settingsOf(usableTrials(result, 'freshness'));
  const [main] = settings;
  if (!main) return [];
  const x = ageAxis(settings);
  const table = delayTable(settings);
  return [
    {
      id: 'freshness-ages',
      title: 'Latency distribution',
      notes: [
        'Thick lines: measured latencies of all runs together. Thin dotted lines: the short-poll model, in which every latency up to one interval is equally likely.',
        ...leftOutNotes(result, 'freshness'),
      ],
      panels: settings.map((setting, index) => agesPanel(setting, index, settings.length, x)),
      table,
    },
    percentilesFigure(main, x),
    {
      id: 'freshness-middle',
      title: 'Median and mean latency',
      notes: [dotsKey],
      panels: settings.map((setting, index) => middlePanel(setting, index, settings.length, x)),
      table: deviationTable(settings),
    },
  ];
}

function agesPanel({ name, lanes }: Setting, index: number, count: number, x: Axis): Panel {
  const title = `Latency distribution: ${name}`;
  return {
    kind: 'lines',
    id: `freshness-ages-${index}`,
    title,
    says: `${title}. ${medianList(lanes)}`,
    size: sizeOf(index, count),
    x,
    y: { title: 'Share of messages within this latency', scale: 'linear', unit: 'percent', min: 0, max: 100 },
    series: [...lanes.flatMap(modelSeries), ...lanes.map(measuredSeries)],
    labels: 'along',
  };
}

function measuredSeries(lane: Lane): LineSeries {
  return {
    name: lane.name,
    transport: lane.transport,
    role: 'measured',
    thin: lane.thin,
    points: cumulativeShare(lane.trials),
  };
}

function ageAxis(settings: readonly Setting[]): Axis {
  const ages = settings
    .flatMap(({ lanes }) => lanes)
    .flatMap(({ trials }) => cumulativeShare(trials).map(({ x }) => x));
  return {
    title: 'Latency (log scale)',
    scale: 'logarithmic',
    unit: 'ms',
    min: Math.min(0.1, decadeBelow(Math.min(...ages, 1))),
    max: roundAbove(Math.max(...ages, 1)),
  };
}

function middlePanel({ name, lanes }: Setting, index: number, count: number, x: Axis): Panel {
  const title = `Median and mean latency: ${name}`;
  return {
    kind: 'dots',
    id: `freshness-middle-${index}`,
    title,
    says: `${title}. ${medianList(lanes)}`,
    size: sizeOf(index, count),
    x,
    rows: lanes.flatMap(dotRow),
  };
}

function dotRow({ name, transport, trials }: Lane): DotRow[] {
  const median = spread(trials.map(({ delayMs }) => delayMs.p50));
  const mean = spread(trials.map(({ delayMs }) => delayMs.mean));
  const model = spread(trials.map(({ model }) => model?.meanMs));
  if (!median || !mean) return [];
  return [
    {
      name,
      transport,
      median: median.median,
      mean: mean.median,
      low: median.low,
      high: median.high,
      ...(transport === 'short-poll' && model && { model: model.median }),
    },
  ];
}

function delayTable(settings: readonly Setting[]): Table {
  return {
    id: 'freshness-ages-table',
    caption: `Latency by transport and setting. ${severalRuns}`,
    columns: [
      wordColumn('transport'),
      wordColumn('setting'),
      numberColumn('runs'),
      numberColumn('deliveries'),
      ...['latency p50', 'latency p90', 'latency p99', 'maximum latency'].map((title) =>
        numberColumn(title, 'ms'),
      ),
    ],
    rows: settings.flatMap(({ name, lanes }) =>
      lanes.map((lane) => [
        wordCell(lane.name),
        wordCell(name),
        countCell(lane.trials.length),
        countCell(lane.trials.reduce((sum, { delayMs }) => sum + delayMs.count, 0)),
        ...(['p50', 'p90', 'p99'] as const).map((key) =>
          spreadCell(spread(lane.trials.map(({ delayMs }) => delayMs[key]))),
        ),
        numberCell(Math.max(...lane.trials.map(({ delayMs }) => delayMs.max ?? 0))),
      ]),
    ),
  };
}

function deviationTable(settings: readonly Setting[]): Table {
  return {
    id: 'freshness-middle-table',
    caption:
      'Mean latency compared with the short-poll model. Push and long poll have no model here: on one machine the one-way delay is close to 0.',
    columns: [
      wordColumn('transport'),
      wordColumn('setting'),
      numberColumn('median latency', 'ms'),
      numberColumn('mean latency', 'ms'),
      numberColumn('model: mean latency', 'ms'),
      numberColumn('deviation from the model', '%'),
    ],
    rows: settings.flatMap(({ name, lanes }) =>
      lanes.map((lane) => {
        const polls = lane.transport === 'short-poll';
        return [
          wordCell(lane.name),
          wordCell(name),
          spreadCell(spread(lane.trials.map(({ delayMs }) => delayMs.p50))),
          spreadCell(spread(lane.trials.map(({ delayMs }) => delayMs.mean))),
          spreadCell(polls ? spread(lane.trials.map(({ model }) => model?.meanMs)) : undefined),
          spreadCell(polls ? spread(lane.trials.map(deviationPercent)) : undefined),
        ];
      }),
    ),
  };
}

/** How far a run's mean lies from the model's, in percent of the model's. */
function deviationPercent({ delayMs, model }: Trial): number | undefined {
  if (delayMs.mean === null || !model?.meanMs) return undefined;
  return (100 * (delayMs.mean - model.meanMs)) / model.meanMs;
}

function medianList(lanes: readonly Lane[]): string {
  return sentencePer(
    lanes.flatMap(({ name, trials }) => {
      const median = spread(trials.map(({ delayMs }) => delayMs.p50));
      return median ? [`${name}: median latency ${writeMs(median.median)}`] : [];
    }),
  );
}
