import { shortPollShareWithin } from '../../../bench/analysis/models.ts';
import { measuredOf, spread, writeMedian } from '../../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { sentencePer, writeMs } from '../../units.ts';
import { decadeBelow, roundAbove } from '../axes.ts';
import { type Axis, dotsKey, type Figure, type LineSeries, type PanelFrame, type Point } from '../figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from '../lanes.ts';
import { type Metric, maxLatency, meanLatency, modelMean, p50, p90, p99 } from '../metrics.ts';
import { dots } from '../panels.ts';
import {
  type ColumnOf,
  counts,
  deliveries,
  medians,
  names,
  numbers,
  runsColumn,
  severalRuns,
  tableOf,
  words,
} from '../table.ts';

/** Runs under the same conditions: side by side or alone, with one kind of source. */
type Setting = { name: string; lanes: Lane[] };

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
  const rows = settings.flatMap((setting) =>
    setting.lanes.map((lane) => ({ ...lane, setting: setting.name })),
  );
  const frame = (id: string, title: string, index: number): PanelFrame => ({
    id: `freshness-${id}-${index}`,
    title: `${title}: ${settings[index]?.name}`,
    says: `${title}: ${settings[index]?.name}. ${sentencePer(
      (settings[index]?.lanes ?? []).flatMap(({ name, runs }) => {
        const median = spread(runs.map(p50.read));
        return median ? [`${name}: median latency ${writeMedian(measuredOf(median), writeMs)}`] : [];
      }),
    )}`,
    size: sizeOf(index, settings.length),
  });
  return [
    {
      id: 'freshness-ages',
      title: 'Latency distribution',
      notes: [
        'The thick lines show the measured latencies of all runs together. The thin dotted lines show the short-poll model: every latency up to one interval is equally likely.',
        ...leftOutNotes(result, 'freshness'),
      ],
      panels: settings.map(({ lanes }, index) => ({
        kind: 'lines',
        ...frame('ages', 'Latency distribution', index),
        x,
        y: {
          title: 'Share of messages within this latency',
          scale: 'linear',
          unit: 'percent',
          min: 0,
          max: 100,
        },
        series: [...lanes.flatMap(modelSeries), ...lanes.map(measuredSeries)],
        labels: 'along',
      })),
      table: tableOf(
        { id: 'freshness-ages-table', caption: `Latency by transport and setting. ${severalRuns}` },
        rows,
        [
          names('transport'),
          settingColumn,
          runsColumn,
          deliveries,
          ...[p50, p90, p99].map(medians),
          numbers(maxLatency.name, 'ms', ({ runs }) =>
            Math.max(...runs.map(({ delayMs }) => delayMs.max ?? 0)),
          ),
        ],
      ),
    },
    percentilesFigure(main, x),
    {
      id: 'freshness-middle',
      title: 'Median and mean latency',
      notes: [dotsKey],
      panels: settings.map(({ lanes }, index) => ({
        kind: 'dots',
        ...frame('middle', 'Median and mean latency', index),
        x,
        rows: dots(lanes, ofPolls(modelMean)),
      })),
      table: tableOf(
        {
          id: 'freshness-middle-table',
          caption:
            'Mean latency compared with the short-poll model. Push and long poll have no model here: on one machine the one-way delay is close to 0.',
        },
        rows,
        [
          names('transport'),
          settingColumn,
          medians({ ...p50, name: 'median latency' }),
          medians(meanLatency),
          medians(ofPolls(modelMean)),
          medians(ofPolls(deviation)),
        ],
      ),
    },
  ];
}

const settingColumn: ColumnOf<{ setting: string }> = words('setting', ({ setting }) => setting);

/** How far a run's mean lies from the model's. */
const deviation: Metric = {
  name: 'deviation from the model',
  unit: '%',
  read: ({ delayMs, model }) =>
    delayMs.mean === null || !model?.meanMs
      ? undefined
      : (100 * (delayMs.mean - model.meanMs)) / model.meanMs,
};

/** Only short polls have a model here. */
function ofPolls(metric: Metric): Metric {
  return { ...metric, read: (trial) => (trial.transport === 'short-poll' ? metric.read(trial) : undefined) };
}

/** The settings of an experiment, the main one first. */
function settingsOf(trials: readonly Trial[]): Setting[] {
  const sideBySide = (trial: Trial) =>
    trials.some((other) => other !== trial && other.together === trial.together);
  return [true, false].flatMap((together) =>
    (['poisson', 'periodic', 'burst'] as const).flatMap((schedule) => {
      const own = trials.filter(
        (trial) => trial.parameters.schedule === schedule && sideBySide(trial) === together,
      );
      const name = `${together ? 'all transports side by side' : 'each transport alone'}, ${scheduleNames[schedule]}`;
      return own.length > 0 ? [{ name, lanes: lanesOf(own) }] : [];
    }),
  );
}

const scheduleNames = {
  poisson: 'Poisson arrivals',
  periodic: 'constant rate',
  burst: 'bursts',
};

/** The first setting is the main one; two others share a row, and one that is left over gets its own. */
function sizeOf(index: number, count: number): 'wide' | 'half' {
  const isLeftOver = index === count - 1 && count % 2 === 0;
  return index === 0 || isLeftOver ? 'wide' : 'half';
}

function ageAxis(settings: readonly Setting[]): Axis {
  const ages = settings
    .flatMap(({ lanes }) => lanes)
    .flatMap(({ runs }) => cumulativeShare(runs).map(({ x }) => x));
  return {
    title: 'Latency (log scale)',
    scale: 'logarithmic',
    unit: 'ms',
    min: Math.min(0.1, decadeBelow(Math.min(...ages, 1))),
    max: roundAbove(Math.max(...ages, 1)),
  };
}

function measuredSeries({ name, transport, thin, runs }: Lane): LineSeries {
  return { name, transport, role: 'measured', thin, points: cumulativeShare(runs) };
}

/** Adds up the counts of all runs, bin by bin, and turns them into cumulative shares, in percent. */
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

/** What the model of a short poll says of a lane; nothing for other lanes. */
function modelSeries({ transport, intervalMs, name, thin }: Lane): LineSeries[] {
  if (transport !== 'short-poll' || intervalMs === undefined) return [];
  const steps = 48;
  const points = Array.from({ length: steps + 1 }, (_, step) => {
    const x = intervalMs * 10 ** ((3 * (step - steps)) / steps);
    return { x, y: 100 * shortPollShareWithin(x, intervalMs, 0) };
  });
  return [{ name: `model: ${name}`, transport, role: 'model', thin, points }];
}

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
      'The scale stretches the slowest messages: 1 message in 10 is right of 90%, and 1 in 100 is right of 99%. Each line ends at the slowest message. The thin dotted lines show the short-poll model.',
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
          ...lanes.map((lane) => drawnOut(measuredSeries(lane), countOf(lane))),
        ],
        labels: 'end',
      },
    ],
    table: tableOf(
      {
        id: 'freshness-percentiles-table',
        caption:
          'Latency percentiles over all runs, each rounded up by at most 10%. A dash means too few messages for this percentile.',
      },
      lanes,
      [
        names('transport'),
        counts('deliveries', countOf),
        ...percents.map((percent) =>
          numbers(`latency p${percent}`, 'ms', (lane: Lane) => percentileOf(lane, percent)),
        ),
      ],
    ),
  };
}

const percents = [50, 75, 90, 95, 99, 99.9];

/** Ages and shares turned into percentiles and ages. Beyond the last of `count` messages there is no percentile. */
function drawnOut(line: LineSeries, count: number): LineSeries {
  const points = line.points.map(({ x, y }): Point => ({ x: Math.min(count, 1 / (1 - y / 100)), y: x }));
  return { ...line, points, unnamed: line.role === 'model' };
}

function countOf({ runs }: Lane): number {
  return runs.reduce((sum, { delayMs }) => sum + delayMs.count, 0);
}

function slowestHundredth(lane: Lane): string {
  const ageMs = percentileOf(lane, 99);
  return `${lane.name}: 99th percentile ${ageMs === undefined ? 'unknown (too few messages)' : writeMs(ageMs, lane.runs.length < 2 ? 2 : 3)}`;
}

/** The age that so many percent of all runs' messages did not exceed, at most a tenth too high; `undefined` where there are too few messages to say. */
function percentileOf(lane: Lane, percent: number): number | undefined {
  if (percent - rounding > 100 - 100 / countOf(lane)) return undefined;
  return cumulativeShare(lane.runs).find(({ y }) => y >= percent - rounding)?.x;
}

/** How far off a percentage may be by its way of being calculated. */
const rounding = 1e-9;
