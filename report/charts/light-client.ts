import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { sentencePer, threeDigits, writeBytes } from '../units.ts';
import { type Axis, decadeBelow, type Figure, type LinePanel, roundAbove } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
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

/** What does the client itself pay? A panel for each price, over the rate of the messages. */
export function lightClientFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'light-client');
  const lanes = lanesOf(trials);
  if (lanes.length === 0) return [];
  const x = ratesAxis(trials);
  return [
    {
      id: 'light-client-prices',
      title: 'Costs of one client, by message rate',
      notes: [
        '“Latest only”: the client gets only the newest message. All other clients get every message. “No keep-alive”: the client disconnects after each poll. This client ran at the lowest message rate only. Thick dotted lines: the other kinds of short poll.',
        'The connected time is summed over the connections of a client. A notify-then-fetch client has two connections, so its connected time reaches 200%.',
        ...leftOutNotes(result, 'light-client'),
      ],
      panels: prices.map((price) => pricePanel(price, lanes, x)),
      table: priceTable(lanes),
    },
  ];
}

/** One price. `y` is its axis; `write` puts a value into words. */
type Price = {
  id: string;
  title: string;
  y: Axis;
  write: (value: number) => string;
  of: (trial: Trial) => number | undefined;
};

const prices: Price[] = [
  {
    id: 'processor',
    title: 'Client CPU',
    y: { title: 'Client CPU (ms per second, log scale)', scale: 'logarithmic', unit: 'number' },
    write: (value) => `${threeDigits(value)} ms/s`,
    of: ({ clients, durationMs }) =>
      clients.cpuMs === null ? undefined : perSecond(clients.cpuMs, durationMs) / clients.count,
  },
  {
    id: 'wake-ups',
    title: 'Wake-ups of the client process',
    y: { title: 'Wake-ups per second (log scale)', scale: 'logarithmic', unit: 'number' },
    write: (value) => `${threeDigits(value)}/s`,
    of: ({ clients, durationMs }) =>
      clients.wakeUps === undefined ? undefined : perSecond(clients.wakeUps, durationMs) / clients.count,
  },
  {
    id: 'bytes',
    title: 'Bytes in both directions',
    y: { title: 'Bytes per second (log scale)', scale: 'logarithmic', unit: 'number' },
    write: (value) => `${writeBytes(value)}/s`,
    of: ({ bytes, clients, durationMs }) =>
      perSecond(bytes.toClients + bytes.toServer, durationMs) / clients.count,
  },
  {
    id: 'connected',
    title: 'Time with a connection',
    y: { title: 'Share of the time connected', scale: 'linear', unit: 'percent', min: 0 },
    write: (value) => `${threeDigits(value)}%`,
    of: ({ clients, durationMs }) =>
      clients.connectedMs === undefined
        ? undefined
        : (100 * clients.connectedMs) / durationMs / clients.count,
  },
];

function pricePanel({ id, title, y, write, of }: Price, lanes: readonly Lane[], x: Axis): LinePanel {
  const series = lanes.map(({ name, transport, thin, dotted, trials }) => ({
    name,
    transport,
    thin,
    dotted,
    role: 'measured' as const,
    points: ratesOf(trials).flatMap((rate) => {
      const value = spread(trials.filter((trial) => rateOf(trial) === rate).map(of));
      // A logarithmic axis has no place for nothing.
      return value && (value.median > 0 || y.scale === 'linear') ? [{ x: rate, y: value.median }] : [];
    }),
  }));
  return {
    kind: 'lines',
    id: `light-client-${id}`,
    title,
    says: sentencePer(
      series
        .filter(({ points }) => points.length > 0)
        .map(
          ({ name, points }) =>
            `${title}, ${name}: ${points.map((point) => `${write(point.y)} at ${threeDigits(point.x)} messages/s`).join(', ')}`,
        ),
    ),
    size: 'half',
    x,
    y: y.scale === 'linear' ? y : { ...y, ...decadesAround(series.flatMap(({ points }) => points)) },
    series: series.filter(({ points }) => points.length > 0),
    labels: 'end',
  };
}

/** Whole decades below and above, with room for the names of lines. */
function decadesAround(points: readonly { y: number }[]): Pick<Axis, 'min' | 'max'> {
  const values = points.map(({ y }) => y);
  return { min: decadeBelow(Math.min(...values, 1e9)), max: roundAbove(2 * Math.max(...values, 1e-9)) };
}

/** Over all rates, with room at both ends for signs and names. */
function ratesAxis(trials: readonly Trial[]): Axis {
  const rates = ratesOf(trials);
  return {
    title: 'Messages per second (log scale)',
    scale: 'logarithmic',
    unit: 'number',
    min: (rates[0] ?? 1) / 1.6,
    max: (rates.at(-1) ?? 1) * 1.6,
  };
}

function ratesOf(trials: readonly Trial[]): number[] {
  return [...new Set(trials.map(rateOf))].sort((a, b) => a - b);
}

function rateOf({ parameters }: Trial): number {
  return parameters.ratePerSecond;
}

function perSecond(value: number, durationMs: number): number {
  return (value * 1000) / durationMs;
}

function priceTable(lanes: readonly Lane[]): Table {
  return {
    id: 'light-client-table',
    caption: `Costs of one client of each kind. ${severalRuns}`,
    columns: [
      wordColumn('client'),
      numberColumn('rate', 'messages/s'),
      numberColumn('runs'),
      numberColumn('deliveries'),
      numberColumn('client CPU', 'ms/s'),
      numberColumn('wake-ups', '/s'),
      numberColumn('bytes', 'B/s'),
      numberColumn('time connected', '%'),
      numberColumn('mean latency', 'ms'),
    ],
    rows: lanes.flatMap(({ name, trials }) =>
      ratesOf(trials).map((rate) => {
        const own = trials.filter((trial) => rateOf(trial) === rate);
        return [
          wordCell(name),
          numberCell(rate),
          countCell(own.length),
          countCell(own.reduce((sum, { delayMs }) => sum + delayMs.count, 0)),
          ...prices.map(({ of }) => spreadCell(spread(own.map(of)))),
          spreadCell(spread(own.map(({ delayMs }) => delayMs.mean))),
        ];
      }),
    ),
  };
}
