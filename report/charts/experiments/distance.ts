import { missesInWords, modelFits, writeDeviation } from '../../../bench/analysis/model-fit.ts';
import { longPollMeanMs, shortPollMeanMs } from '../../../bench/analysis/models.ts';
import { measuredOf, significant, spread, writeMedian } from '../../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { counted, sentencePer, threeDigits, writeMs } from '../../units.ts';
import { linear } from '../axes.ts';
import type { Axis, Figure, LinePanel, LineSeries } from '../figure.ts';
import { byValue, type Lane, lanesOf, leftOutNotes, usableTrials } from '../lanes.ts';
import { type Metric, meanLatency, modelMean } from '../metrics.ts';
import { modelLine } from '../panels.ts';
import {
  counts,
  deliveries,
  medians,
  names,
  numbers,
  runsColumn,
  spreadCell,
  tableOf,
  words,
} from '../table.ts';

/** Points of a model line: enough for a curve to look like one. */
const modelSteps = 40;

/**
 * What does a far-away client see? Mean delay against the way between client and server, a panel for each
 * message rate on the same scales, with the closed forms over it; then how well the models fit.
 */
export function distanceFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'distance').filter(({ linkMs }) => typeof linkMs?.mean === 'number');
  if (trials.length === 0) return [];
  const rates = byValue(trials, ({ parameters }) => parameters.ratePerSecond);
  const farthestMs = Math.max(...trials.map(wayMs));
  const slowestMs = Math.max(...trials.map(({ delayMs }) => delayMs.mean ?? 0), 3 * farthestMs);
  // The same scales for all panels. The room at the right is for the names of the lines.
  const x = linear('One-way delay, measured', 'ms', [farthestMs * 1.15]);
  const y = linear('Mean latency', 'ms', [slowestMs]);
  return [
    {
      id: 'distance-delay',
      title: 'Mean latency by one-way delay',
      notes: [
        'The thick lines with markers are measured latencies. The thin dotted lines are models for one-way delay d and poll interval T. The models are d for push, d to 3d for a long poll and T/2 + d for a short poll. The model of notify-then-fetch is 3d, if no two messages share a fetch.',
        ...linkNotes(trials),
        ...leftOutNotes(result, 'distance'),
      ],
      panels: rates.map(({ at, runs }) => ratePanel(at, lanesOf(runs), farthestMs, x, y)),
      table: tableOf(
        {
          id: 'distance-delay-table',
          caption:
            'Mean latency compared with two models: a formula, and a simulation with the message times of these runs.',
        },
        rates.flatMap(({ at: ratePerSecond, runs }) =>
          lanesOf(runs).flatMap((lane) => byDistance(lane).map((far) => ({ ...far, ratePerSecond }))),
        ),
        [
          names('transport'),
          numbers('rate', 'messages/s', ({ ratePerSecond }) => ratePerSecond),
          numbers('configured one-way delay', 'ms', ({ at }) => at),
          medians({ name: 'measured one-way delay', unit: 'ms', read: wayMs }),
          runsColumn,
          deliveries,
          medians(meanLatency),
          numbers('model: formula', 'ms', (row) => closedFormMs(row, row.ratePerSecond, row.way)),
          medians({ ...modelMean, name: 'model: simulation' }),
          // Without distance a delay is no multiple of it.
          {
            ...medians(ways),
            cell: ({ at, runs }) => spreadCell(at > 0 ? spread(runs.map(ways.read)) : undefined),
          },
        ],
      ),
    },
    ...modelFitFigures(result.trials),
  ];
}

function ratePanel(
  ratePerSecond: number,
  lanes: readonly Lane[],
  farthestMs: number,
  x: Axis,
  y: Axis,
): LinePanel {
  const distances = lanes.flatMap(({ runs }) => runs.map(wayMs));
  return {
    kind: 'lines',
    id: `distance-delay-${ratePerSecond}`.replaceAll('.', '-'),
    title: `Mean latency at ${counted(ratePerSecond, 'message')} per second`,
    says: `Mean latency at ${counted(ratePerSecond, 'message')} per second and a one-way delay of ${writeMs(Math.max(...distances))}. ${farthestList(lanes)}`,
    size: 'half',
    x,
    y,
    series: [
      ...lanes.flatMap((lane) => modelSeries(lane, ratePerSecond, farthestMs)),
      ...lanes.map(measuredSeries),
    ],
    labels: 'end',
  };
}

/** The line through the middle runs; how far they lie apart stands in the table. */
function measuredSeries(lane: Lane): LineSeries {
  const { name, transport, thin, dotted } = lane;
  const points = byDistance(lane).flatMap(({ way, runs }) => {
    const mean = spread(runs.map(meanLatency.read));
    return mean ? [{ x: way, y: mean.median }] : [];
  });
  return { name, transport, role: 'measured', thin, dotted, points };
}

/** The closed form of a lane, drawn over the whole distance. `undefined` for a transport that has none. */
function closedFormMs(
  { transport, intervalMs = 0 }: Pick<Lane, 'transport' | 'intervalMs'>,
  ratePerSecond: number,
  oneWayMs: number,
): number | undefined {
  if (transport === 'short-poll') return shortPollMeanMs(intervalMs, oneWayMs);
  if (transport === 'long-poll') return longPollMeanMs(ratePerSecond, oneWayMs);
  // A client that rests between two fetches has no closed form.
  if (transport === 'notify') return intervalMs > 0 ? undefined : 3 * oneWayMs;
  return oneWayMs;
}

function modelSeries(lane: Lane, ratePerSecond: number, farthestMs: number): LineSeries[] {
  const points = Array.from({ length: modelSteps + 1 }, (_, step) => {
    const x = (farthestMs * step) / modelSteps;
    return { x, y: closedFormMs(lane, ratePerSecond, x) };
  }).filter((point): point is { x: number; y: number } => point.y !== undefined);
  if (points.length === 0) return [];
  return [{ ...modelLine({ ...lane, name: `model: ${lane.name}` }, points), unnamed: true }];
}

/** The runs of a lane by the distance that was asked for, at the distance that was measured. */
function byDistance(lane: Lane): (Lane & { at: number; way: number; runs: Trial[] })[] {
  return byValue(lane.runs, ({ parameters }) => parameters.oneWayMs).map(({ at, runs }) => ({
    ...lane,
    at,
    way: spread(runs.map(wayMs))?.median ?? at,
    runs,
  }));
}

function wayMs({ linkMs }: Trial): number {
  return linkMs?.mean ?? 0;
}

const ways: Metric = {
  name: 'latency ÷ one-way delay',
  read: (trial) => (trial.delayMs.mean === null ? undefined : trial.delayMs.mean / wayMs(trial)),
};

function farthestList(lanes: readonly Lane[]): string {
  return sentencePer(
    lanes.flatMap((lane) => {
      const far = byDistance(lane).at(-1);
      const mean = far && spread(far.runs.map(meanLatency.read));
      return far && mean
        ? [
            `${lane.name}: mean latency ${writeMedian(measuredOf(mean), writeMs)}, ${writeMedian({ value: mean.median / far.way, runs: mean.runs }, significant)} times the one-way delay`,
          ]
        : [];
    }),
  );
}

/** What the delay proxy added, from its echoes: one measurement for each run, whatever ran in it. */
function linkNotes(trials: readonly Trial[]): string[] {
  const runs = [...new Map(trials.map((trial) => [trial.together, trial])).values()];
  const added = (of: 'mean' | 'p99') =>
    spread(
      runs.map(({ linkMs, parameters }) => {
        const measured = linkMs?.[of];
        return typeof measured === 'number' ? measured - (parameters.oneWayMs ?? 0) : undefined;
      }),
    );
  const mean = added('mean');
  const p99 = added('p99');
  if (!mean || !p99) return [];
  const echoes = runs.reduce((sum, { linkMs }) => sum + (linkMs?.count ?? 0), 0);
  const range = (low: number, high: number) => `${threeDigits(low)} to ${writeMs(high)}`;
  return [
    `The delay proxy added ${writeMs(mean.median)} to the one-way delay on average (${range(mean.low, mean.high)} over ${counted(runs.length, 'run')}). At the 99th percentile the proxy added ${writeMs(p99.median)} (${range(p99.low, p99.high)}; ${counted(echoes, 'echo', 'echoes')} in all). Charts and models use the measured one-way delay.`,
  ];
}

/** How well the models fit, each comparison with the limit that was set before the run. */
export function modelFitFigures(trials: readonly Trial[]): Figure[] {
  const fits = modelFits(trials);
  if (fits.length === 0) return [];
  const missed = fits.filter(({ fits }) => !fits).length;
  return [
    {
      id: 'model-fit',
      title: `Model fit: ${fits.length - missed} of ${fits.length} comparisons within their limits`,
      notes: [
        ...(missed > 0 ? [missesInWords(fits)] : []),
        'The models use the message times and the one-way delays measured in the same trials, so chance affects models and measurements alike. A deviation from the model means that something else added latency. The models include one-way delays, intervals and message times. The models leave out the milliseconds that a busy machine adds. These milliseconds matter most with short one-way delays, because all transports share two processes. With few polls in a run, the share of empty responses is coarse.',
      ],
      panels: [],
      table: tableOf(
        {
          id: 'model-fit-table',
          caption:
            'Deviation of the measurement from the model, in percent. For shares, the deviation is in percentage points.',
          staysOpen: true,
        },
        // What doesn't fit comes first: that is what a reader should know.
        fits.toSorted((a, b) => Number(a.fits) - Number(b.fits)),
        [
          words('comparison', ({ what }) => what),
          {
            title: 'within its limit?',
            numeric: false,
            cell: ({ fits }) => ({
              text: fits ? '✓ within its limit' : '✗ outside its limit',
              mark: fits ? 'good' : 'bad',
            }),
          },
          numbers('measured', undefined, ({ measured }) => measured),
          numbers('model', undefined, ({ model }) => model),
          words('unit', ({ unit }) => unit),
          {
            title: 'deviation',
            numeric: true,
            cell: ({ deviation, deviationUnit }) => ({
              text: writeDeviation({ deviation, deviationUnit }),
              value: deviation,
            }),
          },
          {
            title: 'limit',
            numeric: true,
            cell: ({ limit, deviationUnit }) => ({
              text: `±${limit}${deviationUnit === '%' ? '%' : ' points'}`,
              value: limit,
            }),
          },
          counts('runs', ({ runs }) => runs),
        ],
      ),
    },
  ];
}
