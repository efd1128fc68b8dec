import { significant, spread } from '../../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { counted, threeDigits, whole, writeMs } from '../../units.ts';
import { linear, timeAxis } from '../axes.ts';
import type { ColumnPanel, Figure, Point } from '../figure.ts';
import { type Lane, lanesOf, leftOutNotes, middle, usableTrials } from '../lanes.ts';
import type { DrawnMetric } from '../metrics.ts';
import { bars } from '../panels.ts';
import { counts, medians, names, runsColumn, tableOf } from '../table.ts';

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
  const [first] = lanes.flatMap(({ runs }) => runs);
  if (!first) return [];
  const drawn = lanes.flatMap((lane) => {
    const trial = lane.runs.find(({ series }) => series?.connects);
    return trial ? [{ lane, trial, columns: connectColumns(trial) }] : [];
  });
  const highest = Math.max(...drawn.flatMap(({ columns }) => columns.map(({ y }) => y)), 1);
  const longest = drawn.map(({ columns }) => columns).toSorted((a, b) => b.length - a.length)[0] ?? [];
  return [
    {
      id: 'herd-connects',
      title: 'Thundering herd: reconnections over time',
      notes: [
        `${whole(first.clients.count)} clients per panel lose the server at the same time. The server is down for ${writeMs(first.parameters.outageMs ?? 0)}. Each bar shows the connections that the server accepted since the previous bar, in the first run. If the server was too busy to count in time, one bar covers several intervals. All panels have the same scale. Full-jitter backoff means exponential backoff with full jitter.`,
        ...leftOutNotes(result, 'herd'),
      ],
      panels: drawn.map(({ lane, trial, columns }) => connectsPanel(lane, trial, columns, highest)),
      table: tableOf(
        {
          id: 'herd-connects-table',
          caption:
            'Connections that the server accepted, in the first run. Times are the middle of each bar. Bars without a connection are left out.',
        },
        longest.flatMap(({ x }, index) => {
          const accepted = drawn.map(({ columns }) => columns[index]?.y ?? 0);
          return accepted.some((count) => count > 0) ? [{ x, accepted }] : [];
        }),
        [
          counts('time since the start', ({ x }) => x, 'ms'),
          ...drawn.map(({ lane }, place) =>
            counts(lane.name, ({ accepted }: { accepted: number[] }) => accepted[place]),
          ),
        ],
      ),
    },
    {
      id: 'herd-prices',
      title: 'Reconnect storm: peak, recovery and server load',
      notes: [
        '“At once” means within two consecutive bars, as in the rule of the verdict. Recovery time is the time from the server’s return until every client has a new message.',
      ],
      panels: [peak, recovery, loopDelay].map((cost) =>
        bars({ id: `herd-price-${cost.id}`, size: 'third' }, cost, lanes),
      ),
      table: tableOf({ id: 'herd-table', caption: 'All times start at the server’s return.' }, lanes, [
        names('reconnect strategy'),
        counts('clients', ({ runs }) => runs[0]?.clients.count ?? 0),
        runsColumn,
        medians(peak),
        medians({ name: 'arrived later', unit: 'messages', read: ({ returned }) => returned?.replayed }),
        medians({ name: 'missed', unit: 'messages', read: ({ messages }) => messages.missed }),
        medians({ name: 'time to catch up', unit: 'ms', read: ({ returned }) => returned?.caughtUpMs }),
        medians(recovery),
        medians(loopDelay),
        medians({ name: 'server CPU', unit: 'ms', read: ({ server }) => server.cpuMs }),
      ]),
    },
  ];
}

/** "push (fixed backoff)", "short poll (staggered)": the panels are small, and all polls have one interval. */
function shortName({ name, transport, runs }: Lane): string {
  const isStaggered = transport === 'short-poll' && !runs[0]?.parameters.inPhase;
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
  const share = spread(lane.runs.map(peakPercent))?.median ?? 0;
  return {
    kind: 'columns',
    id: `herd-${lane.name
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('-')}`,
    title: `${lane.name}: ${threeDigits(share)}% of clients reconnect at once`,
    says: `${lane.name}: ${significant(share, lane.runs.length < 2 ? 2 : 3)}% of ${whole(trial.clients.count)} clients reconnected at once. The highest bar has ${counted(peak.y, 'connection')}, ${writeMs(peak.x, 2)} after the start.`,
    size: 'third',
    x: timeAxis(trial.durationMs),
    y: linear('Connections accepted', 'number', [highest]),
    transport: lane.transport,
    columns,
  };
}

const peak: DrawnMetric = {
  id: 'peak',
  title: 'Clients that reconnected at once',
  axis: 'Share of clients (%)',
  name: 'reconnected at once',
  unit: '%',
  read: peakPercent,
};
const recovery: DrawnMetric = {
  id: 'news',
  title: 'Recovery time of all clients',
  axis: 'Recovery time (ms)',
  name: 'recovery time',
  unit: 'ms',
  read: ({ returned }) => returned?.allHearNewsMs,
};
const loopDelay: DrawnMetric = {
  id: 'loop',
  title: 'Event-loop delay of the server, 99th percentile',
  axis: 'Event-loop delay (ms)',
  name: 'event-loop delay p99',
  unit: 'ms',
  read: ({ server }) => server.eventLoopDelayP99Ms,
};

/** The largest share of the crowd that connected within two samples, in percent. */
export function peakPercent({ series, clients }: Trial): number | undefined {
  const connects = series?.connects;
  if (!connects || connects.length === 0 || clients.count === 0) return undefined;
  const together = connects.map((_, index) =>
    connects.slice(index, index + herdSamples).reduce((sum, count) => sum + count, 0),
  );
  return (100 * Math.max(...together)) / clients.count;
}
