import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { writeMs } from '../units.ts';
import type { Axis, DotRow, Figure, LineSeries, Panel } from './figure.ts';
import { decadeBelow, roundAbove } from './figure.ts';
import { percentilesFigure } from './freshness-percentiles.ts';
import { cumulativeShare, modelSeries, type Setting, settingsOf, sizeOf } from './freshness-settings.ts';
import { type Lane, leftOutNotes, usableTrials } from './lanes.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/**
 * How old is a message when it reaches you? The share of messages that were at most so old, per
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
      title: 'How old messages were on arrival',
      notes: [
        'Thick lines are measured, all runs added up. Thin dashed lines are the model of a short poll: every age from nothing to a whole interval is as likely as any other.',
        ...leftOutNotes(result, 'freshness'),
      ],
      panels: settings.map((setting, index) => agesPanel(setting, index, settings.length, x)),
      table,
    },
    percentilesFigure(main, x),
    {
      id: 'freshness-middle',
      title: 'The usual message: median and mean',
      notes: [
        'Filled signs are medians, hollow signs are means. The dashed stroke is the mean that the model gives for the very instants at which the messages were due.',
      ],
      panels: settings.map((setting, index) => middlePanel(setting, index, settings.length, x)),
      table: deviationTable(settings),
    },
  ];
}

function agesPanel({ name, lanes }: Setting, index: number, count: number, x: Axis): Panel {
  return {
    kind: 'lines',
    id: `freshness-ages-${index}`,
    title: name,
    says: `${name}. Half of the messages were at most this old: ${medianList(lanes)}.`,
    size: sizeOf(index, count),
    x,
    y: { title: 'share of messages', scale: 'linear', unit: 'percent', min: 0, max: 100 },
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
    title: 'age on arrival',
    scale: 'logarithmic',
    unit: 'ms',
    min: Math.min(0.1, decadeBelow(Math.min(...ages, 1))),
    max: roundAbove(Math.max(...ages, 1)),
  };
}

function middlePanel({ name, lanes }: Setting, index: number, count: number, x: Axis): Panel {
  return {
    kind: 'dots',
    id: `freshness-middle-${index}`,
    title: name,
    says: `${name}. Medians: ${medianList(lanes)}.`,
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
    caption: 'Age on arrival. With several runs: the median run, and the smallest to the largest.',
    columns: [
      wordColumn('transport'),
      wordColumn('setting'),
      numberColumn('runs'),
      numberColumn('n'),
      ...['p50', 'p90', 'p99', 'max'].map((title) => numberColumn(title, 'ms')),
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
      'Means against the model. The model of push and long poll is the way itself, which takes next to no time on one machine.',
    columns: [
      wordColumn('transport'),
      wordColumn('setting'),
      numberColumn('median', 'ms'),
      numberColumn('mean', 'ms'),
      numberColumn('model’s mean', 'ms'),
      numberColumn('deviation', '%'),
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
  return lanes
    .flatMap(({ name, trials }) => {
      const median = spread(trials.map(({ delayMs }) => delayMs.p50));
      return median ? [`${name} ${writeMs(median.median)}`] : [];
    })
    .join(', ');
}
