import { sumBooks } from '../../../bench/analysis/books.ts';
import { spread } from '../../../bench/analysis/statistics.ts';
import type { Cohort, Result, Trial } from '../../../bench/result.ts';
import { counted, kibibyte, listed, nothing, writeMs } from '../../units.ts';
import type { Figure } from '../figure.ts';
import { middle, usableTrials } from '../lanes.ts';
import type { DrawnMetric, Metric } from '../metrics.ts';
import { bars, compare } from '../panels.ts';
import { type ColumnOf, counts, medians, severalRuns, tableOf, words } from '../table.ts';
import { type Case, casesOf, cohortOf, isLong, type Row, rowColumns, rowsOf } from './overwhelmed-cases.ts';
import { ageFigure, backlogFigure, minuteFigure } from './overwhelmed-time.ts';

/**
 * What happens to a client that can't keep up? Where it piles up, how old it gets, what each policy costs
 * whom, and whether memory stays flat over a minute.
 */
export function overwhelmedFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'overwhelmed').filter(({ series }) => series);
  const cases = casesOf(trials.filter((trial) => !isLong(trial)));
  return [
    ...backlogFigure(result, cases),
    ...ageFigure(cases),
    ...costsFigure(cases),
    ...minuteFigure(trials.filter(isLong)),
  ];
}

const lost: DrawnMetric = {
  id: 'lost',
  title: 'Messages lost by the slow consumer',
  axis: 'Lost messages (%)',
  name: 'lost',
  unit: '%',
  read: (trial) => {
    const slow = cohortOf(trial, 'slow')?.messages;
    return slow && slow.expected > 0
      ? (100 * (slow.expected - slow.delivered - slow.backlogAtEnd)) / slow.expected
      : undefined;
  },
  zero: 'none',
};

const caughtUp: DrawnMetric = {
  id: 'caught-up',
  title: 'Time to catch up after the overload',
  axis: 'Time to catch up (ms)',
  name: 'time to catch up',
  unit: 'ms',
  read: ({ returned }) => returned?.caughtUpMs,
  zero: 'at once',
  absent: 'no messages left',
};

const longestQueue: Metric = {
  name: 'largest send queue',
  unit: 'KiB',
  read: ({ series }) => series && Math.max(...series.longestBacklogBytes) / kibibyte,
};

/** What each policy cost the slow client, and the fast clients of the same server. */
function costsFigure(cases: readonly Case[]): Figure[] {
  const rows = rowsOf(cases);
  if (!rows.some(({ runs }) => runs.some(({ cohorts }) => cohorts))) return [];
  const named = rows.map((row) => ({
    ...row,
    name: row.mixes.length > 1 ? `${row.name}, ${row.slow} of ${row.of}` : row.name,
  }));
  return [
    {
      id: 'overwhelmed-prices',
      title: 'Costs of each overflow policy',
      notes: named.flatMap(evictionNote),
      panels: [
        ...[lost, caughtUp].map((cost) => bars({ id: `overwhelmed-${cost.id}`, size: 'half' }, cost, named)),
        ...fastClientsPanel(named),
      ],
      table: tableOf(
        {
          id: 'overwhelmed-table',
          caption: `Messages and latencies of slow and fast clients. Message counts are sums over the runs. Pending messages were not handled by the end of the run. ${severalRuns}`,
        },
        rows.flatMap((row) =>
          (['slow', 'fast'] as const).flatMap((group): Counted[] => {
            const cohorts = row.runs.flatMap((trial) => cohortOf(trial, group) ?? []);
            const books = sumBooks(cohorts.map(({ messages }) => messages));
            return cohorts.length > 0 ? [{ ...row, group, cohorts, books }] : [];
          }),
        ),
        [
          ...rowColumns,
          words('client group', ({ group }) => group),
          counts('runs', ({ cohorts }) => cohorts.length),
          counts('expected', ({ books }) => books.expected),
          counts('delivered', ({ books }) => books.delivered),
          counts('dropped', ({ books }) => books.dropped),
          counts('missed', ({ books }) => books.missed),
          counts('pending', ({ books }) => books.backlogAtEnd),
          ofSlow(lost),
          ofSlow(caughtUp),
          ofCohort({ name: 'latency p50', unit: 'ms', read: ({ delayMs }) => delayMs.p50 }),
          ...phases.map((phase) =>
            ofCohort({
              name: `latency p99 ${phase} overload`,
              unit: 'ms',
              read: (cohort) => cohort.phases?.[phase].p99,
            }),
          ),
          ofSlow(longestQueue),
          words('disconnected', ({ group, runs }) => (group === 'slow' ? cutOffWords(runs) : nothing)),
        ],
      ),
    },
  ];
}

/** The slow or the fast clients of a row. */
type Counted = Row & { group: Cohort['name']; cohorts: Cohort[]; books: ReturnType<typeof sumBooks> };

/** What is known of the slow clients only. */
function ofSlow(metric: Metric): ColumnOf<Counted> {
  const column = medians(metric);
  return { ...column, cell: (row) => column.cell(row.group === 'slow' ? row : { runs: [] }) };
}

function ofCohort(metric: Metric<Cohort>): ColumnOf<Counted> {
  const column = medians(metric);
  return { ...column, cell: ({ cohorts }) => column.cell({ runs: cohorts }) };
}

/** The reason that the server gave when it disconnected a client. */
function evictionNote({ name, runs }: Row): string[] {
  const evicted = runs.flatMap(({ server }) => server.evictions ?? []);
  const reason = evicted.flatMap(({ reasons }) => reasons)[0];
  const times = middle(evicted.map(({ count }) => count)) ?? 0;
  if (times === 0) return [];
  return [
    `With the policy “${name}”, the server disconnected a client ${times === 1 ? 'once' : counted(Math.round(times), 'time')}${reason ? `. The server’s reason: “${reason}”` : ''}.`,
  ];
}

const phases = ['before', 'during', 'after'] as const;

/** The fast clients of the same server, before, during and after the overload. */
function fastClientsPanel(rows: readonly Row[]) {
  const drawn = rows.flatMap(({ name, transport, runs }) => {
    const [hollow, filled, model] = phases.map(
      (phase) => spread(runs.map((trial) => cohortOf(trial, 'fast')?.phases?.[phase].p99))?.median,
    );
    return hollow && filled && model ? [{ name, transport, hollow, filled, model }] : [];
  });
  if (drawn.length === 0) return [];
  return [
    compare(
      {
        id: 'overwhelmed-neighbours',
        title: '99th percentile latency of the fast clients before, during and after the overload',
        size: 'wide',
      },
      'Latency (log scale)',
      { hollow: 'before', filled: 'during', model: 'after' },
      drawn,
      writeMs,
    ),
  ];
}

function cutOffWords(trials: readonly Trial[]): string {
  const evicted = trials.flatMap(({ server }) => server.evictions ?? []);
  const times = evicted.reduce((sum, { count }) => sum + count, 0);
  if (times === 0) return 'never';
  const reasons = [...new Set(evicted.flatMap((one) => one.reasons))];
  return [counted(times, 'time'), listed(reasons.slice(0, 2))].filter(Boolean).join(': ');
}
