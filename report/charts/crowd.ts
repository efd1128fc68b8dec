import { freshestIntervalMs, pushLastMs } from '../../bench/analysis/models.ts';
import { type Spread, spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { sentencePer, threeDigits, whole, writeMs } from '../units.ts';
import type { Axis, Figure, LinePanel, LineSeries } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, middle, usableTrials } from './lanes.ts';
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
 * How many clients can one server hold? Latency of the slowest, server CPU per delivery and the time of a
 * fan-out, each by the number of clients.
 */
export function crowdFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'crowd');
  const lanes = lanesOf(trials);
  if (lanes.length === 0) return [];
  const pollsPerSecond = pollCapacity(result);
  const x = clientsAxis(trials);
  return [
    {
      id: 'crowd-size',
      title: 'Latency and server CPU by number of clients',
      notes: [...modelNotes(trials, pollsPerSecond), ...leftOutNotes(result, 'crowd')],
      panels: [slowestPanel(lanes, x, trials, pollsPerSecond), processorPanel(lanes, x), spanPanel(lanes, x)],
      table: crowdTable(lanes, pollsPerSecond),
    },
  ];
}

/** Raw answers per second of the short-poll server, the middle of what was measured. */
function pollCapacity({ capacities }: Result): number | undefined {
  const measured = capacities.filter(
    ({ experiment, transport, requestsPerSecond }) =>
      experiment === 'crowd' && transport === 'short-poll' && requestsPerSecond > 0,
  );
  return middle(measured.map(({ requestsPerSecond }) => requestsPerSecond));
}

function slowestPanel(
  lanes: readonly Lane[],
  x: Axis,
  trials: readonly Trial[],
  pollsPerSecond: number | undefined,
): LinePanel {
  return {
    kind: 'lines',
    id: 'crowd-slowest',
    title: 'Latency: 99th percentile and maximum',
    says: largestList(lanes, p99, (value) => `99th percentile latency ${writeMs(value)}`),
    size: 'wide',
    x,
    y: { title: 'Latency (log scale)', scale: 'logarithmic', unit: 'ms' },
    series: [
      ...freshestSeries(x, pollsPerSecond),
      ...lastClientSeries(trials, x),
      ...lanes.flatMap((lane) => laneSeries(lane, p99)),
      ...lanes.map(
        (lane): LineSeries => ({
          name: `maximum: ${lane.name}`,
          transport: lane.transport,
          role: 'extreme',
          points: pointsOf(lane, ({ delayMs }) => delayMs.max),
        }),
      ),
    ],
    labels: 'end',
  };
}

function processorPanel(lanes: readonly Lane[], x: Axis): LinePanel {
  return {
    kind: 'lines',
    id: 'crowd-processor',
    title: 'Server CPU per delivered message',
    says: largestList(
      lanes,
      processorUs,
      (value) => `${threeDigits(value)} µs of server CPU per delivered message`,
    ),
    size: 'half',
    x,
    y: { title: 'Server CPU (µs per delivery)', scale: 'linear', unit: 'number', min: 0 },
    series: lanes.flatMap((lane) => laneSeries(lane, processorUs)),
    labels: 'end',
  };
}

function spanPanel(lanes: readonly Lane[], x: Axis): LinePanel {
  const written = lanes.filter(({ trials }) => trials.some(({ server }) => server.fanOutSpanMs));
  return {
    kind: 'lines',
    id: 'crowd-span',
    title: 'Fan-out time: from the first write to the last',
    says: `Fan-out time: the server writes one message to all clients. ${largestList(written, spanMs, (value) => `fan-out time ${writeMs(value)}`)}`,
    size: 'half',
    x,
    y: { title: 'Fan-out time (log scale)', scale: 'logarithmic', unit: 'ms' },
    series: written.flatMap((lane) => laneSeries(lane, spanMs)),
    labels: 'end',
  };
}

/** The line through the middle runs and, where there were several, each run as a faint sign. */
function laneSeries(lane: Lane, of: Measure): LineSeries[] {
  const { name, transport } = lane;
  const runs = lane.trials.flatMap((trial) => {
    const y = of(trial);
    return y ? [{ x: trial.clients.count, y }] : [];
  });
  const points = pointsOf(lane, of);
  const line: LineSeries = { name, transport, role: 'measured', points };
  if (runs.length === points.length) return [line];
  return [{ name: `runs of ${name}`, transport, role: 'run', points: runs.sort((a, b) => a.x - b.x) }, line];
}

type Measure = (trial: Trial) => number | null | undefined;

const p99: Measure = ({ delayMs }) => delayMs.p99;
const spanMs: Measure = ({ server }) => server.fanOutSpanMs?.mean;
const processorUs: Measure = ({ server, messages }) =>
  messages.delivered > 0 ? (server.cpuMs * 1000) / messages.delivered : undefined;

function pointsOf(lane: Lane, of: Measure) {
  return sizesOf(lane).flatMap(({ clients, trials }) => {
    const y = spread(trials.map(of))?.median;
    return y ? [{ x: clients, y }] : [];
  });
}

function sizesOf({ trials }: Lane): { clients: number; trials: Trial[] }[] {
  const sizes = [...new Set(trials.map(({ clients }) => clients.count))].sort((a, b) => a - b);
  return sizes.map((clients) => ({
    clients,
    trials: trials.filter((trial) => trial.clients.count === clients),
  }));
}

/** N/R: no short poll of that crowd can be fresher, because the server can't answer more often. */
function freshestSeries({ min = 1, max = 1 }: Axis, pollsPerSecond: number | undefined): LineSeries[] {
  if (!pollsPerSecond) return [];
  return [
    {
      name: 'model: shortest poll interval, N/R',
      transport: 'short-poll',
      role: 'model',
      points: [min, max].map((x) => ({ x, y: freshestIntervalMs(x, pollsPerSecond) })),
    },
  ];
}

/** N·s for push, with s from the server's own span at the largest crowd. */
function lastClientSeries(trials: readonly Trial[], { min = 1, max = 1 }: Axis): LineSeries[] {
  const deliveryMs = pushDeliveryMs(trials);
  if (!deliveryMs) return [];
  return [
    {
      name: 'model: push, N·s',
      transport: 'push',
      role: 'model',
      points: [min, max].map((x) => ({ x, y: pushLastMs(0, x, deliveryMs) })),
    },
  ];
}

function pushDeliveryMs(trials: readonly Trial[]): number | undefined {
  const push = trials.filter(({ transport, server }) => transport === 'push' && server.fanOutSpanMs);
  const largest = Math.max(...push.map(({ clients }) => clients.count));
  const spans = push.filter(({ clients }) => clients.count === largest).map((trial) => spanMs(trial) ?? 0);
  const span = middle(spans);
  return span === undefined || largest < 1 ? undefined : span / largest;
}

function modelNotes(trials: readonly Trial[], pollsPerSecond: number | undefined): string[] {
  const deliveryMs = pushDeliveryMs(trials);
  const notes = [
    'Lines with markers: 99% of the messages arrived within this latency. Hollow markers: the slowest message.',
  ];
  if (deliveryMs)
    notes.push(
      `Thin dotted line, push: N·s with s = ${threeDigits(deliveryMs * 1000)} µs, from the fan-out time with the most clients.`,
    );
  if (pollsPerSecond)
    notes.push(
      `Thin dotted line, short poll: N/R with R = ${whole(pollsPerSecond)} responses per second, the measured capacity of the server.`,
    );
  return notes;
}

function clientsAxis(trials: readonly Trial[]): Axis {
  const sizes = trials.map(({ clients }) => Math.max(1, clients.count));
  return {
    title: 'Clients (log scale)',
    scale: 'logarithmic',
    unit: 'number',
    min: Math.min(...sizes),
    max: Math.max(...sizes, Math.min(...sizes) * 10),
  };
}

function largestList(lanes: readonly Lane[], of: Measure, write: (value: number) => string): string {
  return sentencePer(
    lanes.flatMap((lane) => {
      const last = pointsOf(lane, of).at(-1);
      return last ? [`${lane.name}: ${write(last.y)} with ${whole(last.x)} clients`] : [];
    }),
  );
}

function crowdTable(lanes: readonly Lane[], pollsPerSecond: number | undefined): Table {
  const over = (trials: readonly Trial[], of: Measure): Spread | undefined => spread(trials.map(of));
  return {
    id: 'crowd-table',
    caption:
      'Latency and server CPU by number of clients. The last column is the shortest interval at which N clients could poll this server.',
    columns: [
      wordColumn('transport'),
      numberColumn('clients'),
      numberColumn('runs'),
      numberColumn('deliveries'),
      numberColumn('latency p50', 'ms'),
      numberColumn('latency p99', 'ms'),
      numberColumn('maximum latency', 'ms'),
      numberColumn('server CPU', 'µs per delivery'),
      numberColumn('fan-out time', 'ms'),
      numberColumn('shortest poll interval N/R', 'ms'),
    ],
    rows: lanes.flatMap((lane) =>
      sizesOf(lane).map(({ clients, trials }) => [
        wordCell(lane.name),
        countCell(clients),
        countCell(trials.length),
        countCell(trials.reduce((sum, { delayMs }) => sum + delayMs.count, 0)),
        spreadCell(over(trials, ({ delayMs }) => delayMs.p50)),
        spreadCell(over(trials, p99)),
        spreadCell(over(trials, ({ delayMs }) => delayMs.max)),
        spreadCell(over(trials, processorUs)),
        spreadCell(over(trials, spanMs)),
        numberCell(pollsPerSecond && freshestIntervalMs(clients, pollsPerSecond)),
      ]),
    ),
  };
}
