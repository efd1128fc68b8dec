import { freshestIntervalMs, pushLastMs } from '../../../bench/analysis/models.ts';
import { significant, writeMedian } from '../../../bench/analysis/statistics.ts';
import type { Write } from '../../../bench/analysis/writing.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { sentencePer, threeDigits, whole, writeMs } from '../../units.ts';
import { linear, logarithmic } from '../axes.ts';
import type { Axis, Figure, LinePanel, LineSeries } from '../figure.ts';
import { type Lane, lanesOf, leftOutNotes, middle, splitBy, usableTrials } from '../lanes.ts';
import { cpuPerDelivery, type Metric, maxLatency, p50, p99, type Read } from '../metrics.ts';
import { lineOf, modelLine } from '../panels.ts';
import { counts, deliveries, medians, names, numbers, runsColumn, tableOf } from '../table.ts';

const span: Metric = { name: 'fan-out time', unit: 'ms', read: ({ server }) => server.fanOutSpanMs?.mean };

const clientsOf: Read = ({ clients }) => clients.count;

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
  const written = lanes.filter(({ runs }) => runs.some(({ server }) => server.fanOutSpanMs));
  const panel = (
    id: string,
    title: string,
    says: string,
    y: Axis,
    series: LineSeries[],
    size: LinePanel['size'] = 'half',
  ): LinePanel => ({ kind: 'lines', id: `crowd-${id}`, title, says, size, x, y, series, labels: 'end' });
  return [
    {
      id: 'crowd-size',
      title: 'Latency and server CPU by number of clients',
      notes: [...modelNotes(trials, pollsPerSecond), ...leftOutNotes(result, 'crowd')],
      panels: [
        panel(
          'slowest',
          'Latency: 99th percentile and maximum',
          largestList(lanes, p99, (value, digits) => `99th percentile latency ${writeMs(value, digits)}`),
          logarithmic('Latency (log scale)', 'ms'),
          [
            ...freshestSeries(x, pollsPerSecond),
            ...lastClientSeries(trials, x),
            ...lanes.flatMap((lane) => laneSeries(lane, p99)),
            ...lanes.map(
              (lane): LineSeries => ({
                ...lineOf(lane, clientsOf, maxLatency.read),
                name: `maximum: ${lane.name}`,
                role: 'extreme',
              }),
            ),
          ],
          'wide',
        ),
        panel(
          'processor',
          'Server CPU per delivered message',
          largestList(
            lanes,
            cpuPerDelivery,
            (value, digits) => `${significant(value, digits)} µs of server CPU per delivered message`,
          ),
          linear('Server CPU (µs per delivery)', 'number'),
          lanes.flatMap((lane) => laneSeries(lane, cpuPerDelivery)),
        ),
        panel(
          'span',
          'Fan-out time: from the first write to the last',
          `Fan-out time of one message to all clients. ${largestList(written, span, (value, digits) => `fan-out time ${writeMs(value, digits)}`)}`,
          logarithmic('Fan-out time (log scale)', 'ms'),
          written.flatMap((lane) => laneSeries(lane, span)),
        ),
      ],
      table: tableOf(
        {
          id: 'crowd-table',
          caption:
            'Latency and server CPU by number of clients. The last column is the shortest interval at which N clients could poll this server.',
        },
        splitBy(lanes, clientsOf),
        [
          names('transport'),
          counts('clients', ({ at }) => at),
          runsColumn,
          deliveries,
          ...[p50, p99, maxLatency, cpuPerDelivery, span].map(medians),
          numbers(
            'shortest poll interval N/R',
            'ms',
            ({ at }) => pollsPerSecond && freshestIntervalMs(at, pollsPerSecond),
          ),
        ],
      ),
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

/** The line through the middle runs and, where there were several, each run as a faint sign. */
function laneSeries(lane: Lane, { read }: Metric): LineSeries[] {
  const { name, transport } = lane;
  const runs = lane.runs.flatMap((trial) => {
    const y = read(trial);
    return y ? [{ x: trial.clients.count, y }] : [];
  });
  const line = lineOf(lane, clientsOf, read);
  if (runs.length === line.points.length) return [line];
  return [{ name: `runs of ${name}`, transport, role: 'run', points: runs.sort((a, b) => a.x - b.x) }, line];
}

/** N/R: no short poll of that crowd can be fresher, because the server can't answer more often. */
function freshestSeries({ min = 1, max = 1 }: Axis, pollsPerSecond: number | undefined): LineSeries[] {
  if (!pollsPerSecond) return [];
  const points = [min, max].map((x) => ({ x, y: freshestIntervalMs(x, pollsPerSecond) }));
  return [modelLine({ name: 'model: shortest poll interval, N/R', transport: 'short-poll' }, points)];
}

/** N·s for push, with s from the server's own span at the largest crowd. */
function lastClientSeries(trials: readonly Trial[], { min = 1, max = 1 }: Axis): LineSeries[] {
  const deliveryMs = pushDeliveryMs(trials);
  if (!deliveryMs) return [];
  const points = [min, max].map((x) => ({ x, y: pushLastMs(0, x, deliveryMs) }));
  return [modelLine({ name: 'model: push, N·s', transport: 'push' }, points)];
}

function pushDeliveryMs(trials: readonly Trial[]): number | undefined {
  const push = trials.filter(({ transport, server }) => transport === 'push' && server.fanOutSpanMs);
  const largest = Math.max(...push.map(({ clients }) => clients.count));
  const spans = push.filter(({ clients }) => clients.count === largest).map((trial) => span.read(trial) ?? 0);
  const longest = middle(spans);
  return longest === undefined || largest < 1 ? undefined : longest / largest;
}

function modelNotes(trials: readonly Trial[], pollsPerSecond: number | undefined): string[] {
  const deliveryMs = pushDeliveryMs(trials);
  const notes = [
    'The lines with markers show the 99th percentile latency, the hollow markers the maximum latency.',
  ];
  if (deliveryMs)
    notes.push(
      `The thin dotted line for push is N·s with s = ${threeDigits(deliveryMs * 1000)} µs, from the fan-out time with the most clients.`,
    );
  if (pollsPerSecond)
    notes.push(
      `The thin dotted line for short polls is N/R with R = ${whole(pollsPerSecond)} responses per second, the measured capacity of the server.`,
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

function largestList(lanes: readonly Lane[], { read }: Metric, write: Write): string {
  return sentencePer(
    lanes.flatMap((lane) => {
      const last = lineOf(lane, clientsOf, read).points.at(-1);
      const runs = lane.runs.filter((trial) => clientsOf(trial) === last?.x).length;
      return last
        ? [`${lane.name}: ${writeMedian({ value: last.y, runs }, write)} with ${whole(last.x)} clients`]
        : [];
    }),
  );
}
