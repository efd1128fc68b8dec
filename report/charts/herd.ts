import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { counted, sentencePer, threeDigits, whole, writeMs } from '../units.ts';
import type { Axis, BarPanel, ColumnPanel, Figure, Point } from './figure.ts';
import { roundAbove } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, middle, usableTrials } from './lanes.ts';
import { countCell, numberColumn, spreadCell, type Table, wordCell, wordColumn } from './table.ts';

/** A herd is counted over so many samples in a row, as the rule of the verdict says. */
const herdSamples = 2;

/**
 * What happens when everybody comes back at once? Connections that the server accepted over time, a panel
 * for each way of waiting, all on one scale; then what it did to the crowd and to the server.
 */
export function herdFigures(result: Result): Figure[] {
  const lanes = lanesOf(usableTrials(result, 'herd')).map((lane) => ({
    ...lane,
    name: shortName(lane),
  }));
  const [first] = lanes.flatMap(({ trials }) => trials);
  if (!first) return [];
  const drawn = lanes.flatMap((lane) => {
    const trial = lane.trials.find(({ series }) => series?.connects);
    return trial ? [{ lane, trial, columns: connectColumns(trial) }] : [];
  });
  const highest = Math.max(...drawn.flatMap(({ columns }) => columns.map(({ y }) => y)), 1);
  return [
    {
      id: 'herd-connects',
      title: 'Thundering herd: reconnections over time',
      notes: [
        `${whole(first.clients.count)} clients per panel lose the server at the same time. The server is down for ${writeMs(first.parameters.outageMs ?? 0)}. Each bar shows the connections accepted since the previous bar, in the first run. If the server was too busy to count in time, one bar covers several intervals. All panels have the same scale. Full-jitter backoff: exponential backoff with full jitter.`,
        ...leftOutNotes(result, 'herd'),
      ],
      panels: drawn.map(({ lane, trial, columns }) => connectsPanel(lane, trial, columns, highest)),
      table: columnTable(drawn),
    },
    {
      id: 'herd-prices',
      title: 'Reconnect storm: peak, recovery and server load',
      notes: [
        '“At once” means within two consecutive bars, as in the rule of the verdict. Recovery time: from the server’s return until every client has a new message.',
      ],
      panels: prices.map((price) => pricePanel(price, lanes)),
      table: herdTable(lanes),
    },
  ];
}

/** "push (fixed backoff)", "short poll (staggered)": the panels are small, and all polls have one interval. */
function shortName({ name, transport, trials }: Lane): string {
  const isStaggered = transport === 'short-poll' && !trials[0]?.parameters.inPhase;
  const words =
    name.replace(' (WebSocket)', '').replace(/ every [^,]+/, '') + (isStaggered ? ', staggered' : '');
  // A chart breaks the line before a bracket.
  return words.replace(/, (.+)/, ' ($1)');
}

/**
 * Connections in bins as wide as the time from sample to sample. A sample belongs to the bin that it was
 * meant to end; one that came late holds all since the sample before.
 */
export function connectColumns({ series, durationMs }: Trial): Point[] {
  const { atMs = [], connects = [] } = series ?? {};
  const gapsMs = atMs.slice(1).map((at, index) => at - (atMs[index] ?? 0));
  const binMs = Math.max(10, Math.round((middle(gapsMs) ?? 50) / 10) * 10);
  const last = Math.max(durationMs, ...atMs);
  const columns = Array.from({ length: Math.ceil(last / binMs) }, (_, bin) => ({
    x: (bin + 0.5) * binMs,
    y: 0,
  }));
  for (const [index, at] of atMs.entries()) {
    const column = columns[Math.min(columns.length, Math.max(1, Math.round(at / binMs))) - 1];
    if (column) column.y += connects[index] ?? 0;
  }
  return columns;
}

function connectsPanel(lane: Lane, trial: Trial, columns: Point[], highest: number): ColumnPanel {
  const peak = columns.reduce((most, column) => (column.y > most.y ? column : most), { x: 0, y: 0 });
  const share = spread(lane.trials.map(peakPercent))?.median ?? 0;
  const x: Axis = {
    title: 'Time since the start',
    scale: 'linear',
    unit: 'ms',
    min: 0,
    max: trial.durationMs,
  };
  return {
    kind: 'columns',
    id: `herd-${lane.name
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('-')}`,
    title: `${lane.name}: ${threeDigits(share)}% reconnect at once`,
    says: `${lane.name}: ${threeDigits(share)}% of ${whole(trial.clients.count)} clients reconnected at once. The highest bar has ${counted(peak.y, 'connection')}, ${writeMs(peak.x)} after the start.`,
    size: 'third',
    x,
    y: { title: 'Connections accepted', scale: 'linear', unit: 'number', min: 0, max: roundAbove(highest) },
    transport: lane.transport,
    columns,
  };
}

/** One price of coming back. */
type Price = { id: string; title: string; axis: string; of: (trial: Trial) => number | null | undefined };

const prices: Price[] = [
  { id: 'peak', title: 'Clients that reconnected at once', axis: 'Share of clients (%)', of: peakPercent },
  {
    id: 'news',
    title: 'Recovery time of all clients',
    axis: 'Recovery time (ms)',
    of: ({ returned }) => returned?.allHearNewsMs,
  },
  {
    id: 'loop',
    title: 'Event-loop delay of the server, 99th percentile',
    axis: 'Event-loop delay (ms)',
    of: ({ server }) => server.eventLoopDelayP99Ms,
  },
];

/** The largest share of the crowd that connected within two samples, in percent. */
export function peakPercent({ series, clients }: Trial): number | undefined {
  const connects = series?.connects;
  if (!connects || connects.length === 0 || clients.count === 0) return undefined;
  const together = connects.map((_, index) =>
    connects.slice(index, index + herdSamples).reduce((sum, count) => sum + count, 0),
  );
  return (100 * Math.max(...together)) / clients.count;
}

function pricePanel({ id, title, axis, of }: Price, lanes: readonly Lane[]): BarPanel {
  const rows = lanes.map(({ name, transport, trials }) => {
    const value = spread(trials.map(of));
    return {
      name,
      transport,
      value: value ? value.median : null,
      text: value ? threeDigits(value.median) : 'not measured',
      ...(value && value.runs > 1 && { low: value.low, high: value.high }),
    };
  });
  const longest = Math.max(...rows.map(({ value, high }) => Math.max(value ?? 0, high ?? 0)));
  return {
    kind: 'bars',
    id: `herd-price-${id}`,
    title,
    says: sentencePer(rows.map(({ name, text }) => `${axis}, ${name}: ${text}`)),
    size: 'third',
    x: { title: axis, scale: 'linear', unit: 'number', min: 0, max: roundAbove(longest) },
    rows,
  };
}

type Drawn = { lane: Lane; columns: Point[] };

function columnTable(drawn: readonly Drawn[]): Table {
  const longest = drawn.map(({ columns }) => columns).toSorted((a, b) => b.length - a.length)[0] ?? [];
  return {
    id: 'herd-connects-table',
    caption:
      'Connections that the server accepted, by the middle of each bar, first run. Bars without a connection are left out.',
    columns: [
      numberColumn('time since the start', 'ms'),
      ...drawn.map(({ lane }) => numberColumn(lane.name)),
    ],
    rows: longest
      .map(({ x }, index) => ({ x, connects: drawn.map(({ columns }) => columns[index]?.y ?? 0) }))
      .filter(({ connects }) => connects.some((count) => count > 0))
      .map(({ x, connects }) => [countCell(x), ...connects.map(countCell)]),
  };
}

function herdTable(lanes: readonly Lane[]): Table {
  return {
    id: 'herd-table',
    caption: 'All times start at the server’s return.',
    columns: [
      wordColumn('reconnect strategy'),
      numberColumn('clients'),
      numberColumn('runs'),
      numberColumn('reconnected at once', '%'),
      numberColumn('arrived later', 'messages'),
      numberColumn('missed', 'messages'),
      numberColumn('time to catch up', 'ms'),
      numberColumn('recovery time', 'ms'),
      numberColumn('event-loop delay p99', 'ms'),
      numberColumn('server CPU', 'ms'),
    ],
    rows: lanes.map(({ name, trials }) => [
      wordCell(name),
      countCell(trials[0]?.clients.count ?? 0),
      countCell(trials.length),
      ...[
        peakPercent,
        ({ returned }: Trial) => returned?.replayed,
        ({ messages }: Trial) => messages.missed,
        ({ returned }: Trial) => returned?.caughtUpMs,
        ({ returned }: Trial) => returned?.allHearNewsMs,
        ({ server }: Trial) => server.eventLoopDelayP99Ms,
        ({ server }: Trial) => server.cpuMs,
      ].map((of) => spreadCell(spread(trials.map(of)))),
    ]),
  };
}
