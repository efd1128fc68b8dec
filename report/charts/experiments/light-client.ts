import type { Result } from '../../../bench/result.ts';
import { sentencePer, threeDigits, writeBytes } from '../../units.ts';
import { decadeBelow, roundAbove } from '../axes.ts';
import type { Axis, Figure, LinePanel } from '../figure.ts';
import { distinct, type Lane, lanesOf, leftOutNotes, splitBy, usableTrials } from '../lanes.ts';
import { bytesInAll, type Metric, meanLatency, perClient, perSecond, type Read } from '../metrics.ts';
import { lineOf } from '../panels.ts';
import { deliveries, medians, names, numbers, runsColumn, severalRuns, tableOf } from '../table.ts';

/** A cost of one client. `y` is its axis; `write` puts a value into words. */
type Cost = Metric & { id: string; title: string; y: Axis; write: (value: number) => string };

const costs: Cost[] = [
  {
    id: 'processor',
    title: 'Client CPU',
    y: { title: 'Client CPU (ms per second, log scale)', scale: 'logarithmic', unit: 'number' },
    name: 'client CPU',
    unit: 'ms/s',
    read: perClient(perSecond(({ clients }) => clients.cpuMs)),
    write: (value) => `${threeDigits(value)} ms/s`,
  },
  {
    id: 'wake-ups',
    title: 'Wake-ups of the client process',
    y: { title: 'Wake-ups per second (log scale)', scale: 'logarithmic', unit: 'number' },
    name: 'wake-ups',
    unit: '/s',
    read: perClient(perSecond(({ clients }) => clients.wakeUps)),
    write: (value) => `${threeDigits(value)}/s`,
  },
  {
    id: 'bytes',
    title: 'Bytes in both directions',
    y: { title: 'Bytes per second (log scale)', scale: 'logarithmic', unit: 'number' },
    name: 'bytes',
    unit: 'B/s',
    read: perClient(perSecond(bytesInAll)),
    write: (value) => `${writeBytes(value)}/s`,
  },
  {
    id: 'connected',
    title: 'Time with a connection',
    y: { title: 'Share of the time connected', scale: 'linear', unit: 'percent', min: 0 },
    name: 'time connected',
    unit: '%',
    read: perClient(({ clients: { connectedMs: ms }, durationMs }) => ms && (100 * ms) / durationMs),
    write: (value) => `${threeDigits(value)}%`,
  },
];

const rateOf: Read = ({ parameters }) => parameters.ratePerSecond;

/** What does the client itself pay? A panel for each cost, over the rate of the messages. */
export function lightClientFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'light-client');
  const lanes = lanesOf(trials);
  if (lanes.length === 0) return [];
  const rates = distinct(trials.map(({ parameters }) => parameters.ratePerSecond));
  // Room at both ends for signs and names.
  const x: Axis = {
    title: 'Messages per second (log scale)',
    scale: 'logarithmic',
    unit: 'number',
    min: (rates[0] ?? 1) / 1.6,
    max: (rates.at(-1) ?? 1) * 1.6,
  };
  return [
    {
      id: 'light-client-prices',
      title: 'Costs of one client, by message rate',
      notes: [
        'A “latest only” client gets only the newest message. All other clients get every message. A “no keep-alive” client disconnects after each poll. This client ran at the lowest message rate only. The thick dotted lines are the other kinds of short poll.',
        'Connected time is the total duration of a client’s connections. A notify-then-fetch client has two connections, so its connected time reaches 200%.',
        ...leftOutNotes(result, 'light-client'),
      ],
      panels: costs.map((cost) => costPanel(cost, lanes, x)),
      table: tableOf(
        { id: 'light-client-table', caption: `Costs of one client, by transport. ${severalRuns}` },
        splitBy(lanes, rateOf),
        [
          names('client'),
          numbers('rate', 'messages/s', ({ at }) => at),
          runsColumn,
          deliveries,
          ...[...costs, meanLatency].map(medians),
        ],
      ),
    },
  ];
}

function costPanel({ id, title, y, read, write }: Cost, lanes: readonly Lane[], x: Axis): LinePanel {
  const series = lanes
    .map((lane) => lineOf(lane, rateOf, read, y.scale === 'linear'))
    .filter(({ points }) => points.length > 0);
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  // Whole decades, with room above for the names of the lines.
  const decades = {
    min: decadeBelow(Math.min(...values, 1e9)),
    max: roundAbove(2 * Math.max(...values, 1e-9)),
  };
  return {
    kind: 'lines',
    id: `light-client-${id}`,
    title,
    says: sentencePer(
      series.map(
        ({ name, points }) =>
          `${title}, ${name}: ${points.map((point) => `${write(point.y)} at ${threeDigits(point.x)} messages/s`).join(', ')}`,
      ),
    ),
    size: 'half',
    x,
    y: y.scale === 'linear' ? y : { ...y, ...decades },
    series,
    labels: 'end',
  };
}
