import { longPollMeanMs, shortPollMeanMs } from '../../bench/analysis/models.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { counted, sentencePer, threeDigits, writeMs } from '../units.ts';
import { type Axis, type Figure, type LinePanel, type LineSeries, roundAbove } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
import { modelFitFigures } from './model-fit.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/** Points of a model line: enough for a curve to look like one. */
const modelSteps = 40;

/**
 * What does a far-away client see? Mean delay against the way between client and server, a panel for each
 * message rate on the same scales, with the closed forms over it; then how well the models fit.
 */
export function distanceFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'distance').filter(({ linkMs }) => typeof linkMs?.mean === 'number');
  if (trials.length === 0) return [];
  const scales = scalesOf(trials);
  return [
    {
      id: 'distance-delay',
      title: 'Mean latency by one-way delay',
      notes: [
        'Thick lines with markers: measured latencies. Thin dotted lines: models of the latency, for one-way delay d and poll interval T. The models are d for push, d to 3d for a long poll and T/2 + d for a short poll. The model of notify-then-fetch is 3d, if no two messages share a fetch.',
        ...linkNotes(trials),
        ...leftOutNotes(result, 'distance'),
      ],
      panels: ratesOf(trials).map((ratePerSecond) => ratePanel(ratePerSecond, trials, scales)),
      table: distanceTable(trials),
    },
    ...modelFitFigures(result.trials),
  ];
}

function ratesOf(trials: readonly Trial[]): number[] {
  return [...new Set(trials.map(({ parameters }) => parameters.ratePerSecond))].sort((a, b) => a - b);
}

/** The same scales for all panels. The room at the right is for the names of the lines. */
function scalesOf(trials: readonly Trial[]): { x: Axis; y: Axis } {
  const farthest = Math.max(...trials.map(wayMs));
  const slowest = Math.max(...trials.map(({ delayMs }) => delayMs.mean ?? 0), 3 * farthest);
  return {
    x: {
      title: 'One-way delay, measured',
      scale: 'linear',
      unit: 'ms',
      min: 0,
      max: roundAbove(farthest * 1.15),
    },
    y: { title: 'Mean latency', scale: 'linear', unit: 'ms', min: 0, max: roundAbove(slowest) },
  };
}

function ratePanel(ratePerSecond: number, all: readonly Trial[], scales: { x: Axis; y: Axis }): LinePanel {
  const lanes = lanesOf(all.filter(({ parameters }) => parameters.ratePerSecond === ratePerSecond));
  const farthest = Math.max(...all.map(wayMs));
  const distances = lanes.flatMap(({ trials }) => trials.map(wayMs));
  const { x, y } = scales;
  return {
    kind: 'lines',
    id: `distance-delay-${ratePerSecond}`.replaceAll('.', '-'),
    title: `Mean latency at ${counted(ratePerSecond, 'message')} per second`,
    says: `Mean latency at ${counted(ratePerSecond, 'message')} per second and a one-way delay of ${writeMs(Math.max(...distances))}. ${farthestList(lanes)}`,
    size: 'half',
    x,
    y,
    series: [
      ...lanes.flatMap((lane) => modelSeries(lane, ratePerSecond, farthest)),
      ...lanes.flatMap(measuredSeries),
    ],
    labels: 'end',
  };
}

/** The line through the middle runs; how far they lie apart stands in the table. */
function measuredSeries({ name, transport, thin, dotted, trials }: Lane): LineSeries[] {
  const points = byDistance(trials).flatMap(({ way, trials: own }) => {
    const mean = spread(own.map(({ delayMs }) => delayMs.mean));
    return mean ? [{ x: way, y: mean.median }] : [];
  });
  return [{ name, transport, role: 'measured', thin, dotted, points }];
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
  return [{ name: `model: ${lane.name}`, transport: lane.transport, role: 'model', unnamed: true, points }];
}

/** Trials grouped by the distance that was asked for, at the distance that was measured. */
function byDistance(trials: readonly Trial[]): { nominalMs: number; way: number; trials: Trial[] }[] {
  const nominal = [...new Set(trials.map(({ parameters }) => parameters.oneWayMs ?? 0))].sort(
    (a, b) => a - b,
  );
  return nominal.map((nominalMs) => {
    const own = trials.filter(({ parameters }) => (parameters.oneWayMs ?? 0) === nominalMs);
    return { nominalMs, way: spread(own.map(wayMs))?.median ?? nominalMs, trials: own };
  });
}

function wayMs({ linkMs }: Trial): number {
  return linkMs?.mean ?? 0;
}

function farthestList(lanes: readonly Lane[]): string {
  return sentencePer(
    lanes.flatMap(({ name, trials }) => {
      const far = byDistance(trials).at(-1);
      const mean = far && spread(far.trials.map(({ delayMs }) => delayMs.mean));
      return far && mean
        ? [
            `${name}: mean latency ${writeMs(mean.median)} (${threeDigits(mean.median / far.way)} × the one-way delay)`,
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

function distanceTable(trials: readonly Trial[]): Table {
  return {
    id: 'distance-delay-table',
    caption:
      'Mean latency compared with two models: a formula, and a simulation with the message times of these runs.',
    columns: [
      wordColumn('transport'),
      numberColumn('rate', 'messages/s'),
      numberColumn('configured one-way delay', 'ms'),
      numberColumn('measured one-way delay', 'ms'),
      numberColumn('runs'),
      numberColumn('deliveries'),
      numberColumn('mean latency', 'ms'),
      numberColumn('model: formula', 'ms'),
      numberColumn('model: simulation', 'ms'),
      numberColumn('latency ÷ one-way delay'),
    ],
    rows: ratesOf(trials).flatMap((ratePerSecond) =>
      lanesOf(trials.filter(({ parameters }) => parameters.ratePerSecond === ratePerSecond)).flatMap((lane) =>
        byDistance(lane.trials).map(({ nominalMs, way, trials: own }) => [
          wordCell(lane.name),
          numberCell(ratePerSecond),
          numberCell(nominalMs),
          spreadCell(spread(own.map(wayMs))),
          countCell(own.length),
          countCell(own.reduce((sum, { delayMs }) => sum + delayMs.count, 0)),
          spreadCell(spread(own.map(({ delayMs }) => delayMs.mean))),
          numberCell(closedFormMs(lane, ratePerSecond, way)),
          spreadCell(spread(own.map(({ model }) => model?.meanMs))),
          // Without distance a delay is no multiple of it.
          spreadCell(nominalMs > 0 ? spread(own.map(waysOf)) : undefined),
        ]),
      ),
    ),
  };
}

function waysOf(trial: Trial): number | undefined {
  const { mean } = trial.delayMs;
  return mean === null ? undefined : mean / wayMs(trial);
}
