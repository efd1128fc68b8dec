import { shortPollShareWithin } from '../../bench/analysis/models.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { writeMs } from '../units.ts';
import type { Axis, DotRow, Figure, LineSeries, Panel, Point } from './figure.ts';
import { decadeBelow, roundAbove } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
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
 * transport, over the uniform distribution that a short poll should have; then medians and means.
 */
export function freshnessFigures(result: Result): Figure[] {
  const settings = settingsOf(usableTrials(result, 'freshness'));
  if (settings.length === 0) return [];
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

/** Runs under the same conditions: side by side or alone, with one kind of source. */
type Setting = { name: string; lanes: Lane[] };

function settingsOf(trials: readonly Trial[]): Setting[] {
  const sideBySide = (trial: Trial) =>
    trials.some((other) => other !== trial && other.together === trial.together);
  return [true, false].flatMap((together) =>
    (['poisson', 'periodic', 'burst'] as const).flatMap((schedule) => {
      const own = trials.filter(
        (trial) => trial.parameters.schedule === schedule && sideBySide(trial) === together,
      );
      const name = `${together ? 'All side by side on one source' : 'Each alone'}, ${scheduleNames[schedule]}`;
      return own.length > 0 ? [{ name, lanes: lanesOf(own) }] : [];
    }),
  );
}

const scheduleNames = {
  poisson: 'messages at random instants',
  periodic: 'messages at a steady beat',
  burst: 'messages in bursts',
};

/** The first setting is the main one; two others share a row, and one that is left over gets its own. */
function sizeOf(index: number, count: number): 'wide' | 'half' {
  const isLeftOver = index === count - 1 && count % 2 === 0;
  return index === 0 || isLeftOver ? 'wide' : 'half';
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

/** Adds up the counts of all runs, bin by bin, and turns them into shares at most so old, in percent. */
function cumulativeShare(trials: readonly Trial[]): Point[] {
  const counts = new Map<number, number>();
  for (const { delayHistogram } of trials)
    delayHistogram?.upToMs.forEach((upToMs, bin) => {
      counts.set(upToMs, (counts.get(upToMs) ?? 0) + (delayHistogram.count[bin] ?? 0));
    });
  const bins = [...counts].filter(([upToMs]) => upToMs > 0).sort(([a], [b]) => a - b);
  const total = bins.reduce((sum, [, count]) => sum + count, 0);
  const points: Point[] = [];
  let below = 0;
  for (const [upToMs, count] of bins) {
    // The line rises from zero where the first bin begins, a tenth before its end.
    if (points.length === 0) points.push({ x: upToMs * 0.89, y: 0 });
    below += count;
    points.push({ x: upToMs, y: (100 * below) / total });
  }
  return points;
}

function modelSeries({ transport, intervalMs, name, thin }: Lane): LineSeries[] {
  if (transport !== 'short-poll' || intervalMs === undefined) return [];
  const steps = 48;
  const points = Array.from({ length: steps + 1 }, (_, step) => {
    const x = intervalMs * 10 ** ((3 * (step - steps)) / steps);
    return { x, y: 100 * shortPollShareWithin(x, intervalMs, 0) };
  });
  return [{ name: `model of ${name}`, transport, role: 'model', thin, points }];
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
