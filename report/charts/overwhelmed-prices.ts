import { sumBooks } from '../../bench/analysis/books.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Cohort, Trial } from '../../bench/result.ts';
import { counted, kibibyte, listed, sentencePer, threeDigits, writeMs } from '../units.ts';
import { compareAxis } from './compare-axis.ts';
import type { BarPanel, ComparePanel, Figure } from './figure.ts';
import { roundAbove } from './figure.ts';
import { middle } from './lanes.ts';
import { type Case, cohortOf, type Mix } from './overwhelmed-cases.ts';
import {
  type Cell,
  countCell,
  numberColumn,
  severalRuns,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/** What each policy cost the slow client, and the fast clients of the same server. */
export function pricesFigure(cases: readonly Case[]): Figure | undefined {
  const entries = cases.flatMap((one) => one.mixes.map((mix) => ({ name: nameOf(one, mix), one, mix })));
  if (!entries.some(({ mix }) => mix.trials.some(({ cohorts }) => cohorts))) return undefined;
  return {
    id: 'overwhelmed-prices',
    title: 'Costs of each overflow policy',
    notes: evictionNotes(entries),
    panels: [
      barPanel(entries, {
        id: 'lost',
        title: 'Messages lost by the slow consumer',
        axis: 'Lost messages (%)',
        of: lostPercent,
        zero: 'none',
        missing: 'not measured',
      }),
      barPanel(entries, {
        id: 'caught-up',
        title: 'Time to catch up after the overload',
        axis: 'Time to catch up (ms)',
        of: caughtUpMs,
        zero: 'at once',
        missing: 'no messages left',
      }),
      ...fastClientsPanel(entries),
    ],
    table: cohortTable(entries),
  };
}

type Entry = { name: string; one: Case; mix: Mix };

function nameOf({ name, mixes }: Case, { slow, of }: Mix): string {
  return mixes.length > 1 ? `${name}, ${slow} of ${of}` : name;
}

/** The reason that the server gave when it disconnected a client. */
function evictionNotes(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ name, mix }) => {
    const evicted = mix.trials.flatMap(({ server }) => server.evictions ?? []);
    const reason = evicted.flatMap(({ reasons }) => reasons)[0];
    const counts = evicted.map(({ count }) => count);
    const times = middle(counts) ?? 0;
    if (times === 0) return [];
    return [
      `With the policy ${name}, the server disconnected a client ${times === 1 ? 'once' : counted(Math.round(times), 'time')}${reason ? `. The server’s reason: “${reason}”` : ''}.`,
    ];
  });
}

function lostPercent(trial: Trial): number | undefined {
  const slow = cohortOf(trial, 'slow')?.messages;
  return slow && slow.expected > 0
    ? (100 * (slow.expected - slow.delivered - slow.backlogAtEnd)) / slow.expected
    : undefined;
}

function caughtUpMs({ returned }: Trial): number | null | undefined {
  return returned?.caughtUpMs;
}

type Price = {
  id: string;
  title: string;
  axis: string;
  of: (trial: Trial) => number | null | undefined;
  zero: string;
  missing: string;
};

function barPanel(entries: readonly Entry[], { id, title, axis, of, zero, missing }: Price): BarPanel {
  const rows = entries.map(({ name, one, mix }) => {
    const value = spread(mix.trials.map(of));
    return {
      name,
      transport: one.transport,
      value: value ? value.median : null,
      text: value ? (value.median > 0 ? threeDigits(value.median) : zero) : missing,
      ...(value && value.runs > 1 && { low: value.low, high: value.high }),
    };
  });
  const longest = Math.max(...rows.map(({ value, high }) => Math.max(value ?? 0, high ?? 0)));
  return {
    kind: 'bars',
    id: `overwhelmed-${id}`,
    title,
    says: `${title}, ${counted(rows.length, 'case')}. ${sentencePer(rows.map(({ name, text }) => `${axis}, ${name}: ${text}`))}`,
    size: 'half',
    x: { title: axis, scale: 'linear', unit: 'number', min: 0, max: roundAbove(longest) },
    rows,
  };
}

type Phase = keyof NonNullable<Cohort['phases']>;

function phaseP99(trials: readonly Trial[], cohort: Cohort['name'], phase: Phase) {
  return spread(trials.map((trial) => cohortOf(trial, cohort)?.phases?.[phase].p99));
}

/** The fast clients of the same server, before, during and after the overload. */
function fastClientsPanel(entries: readonly Entry[]): ComparePanel[] {
  const rows = entries.flatMap(({ name, one, mix }) => {
    const [before, during, after] = (['before', 'during', 'after'] as const).map(
      (phase) => phaseP99(mix.trials, 'fast', phase)?.median,
    );
    return before && during && after ? [{ name, transport: one.transport, before, during, after }] : [];
  });
  if (rows.length === 0) return [];
  const { axis, place } = compareAxis(
    'Latency (log scale)',
    rows.flatMap(({ before, during, after }) => [before, during, after]),
    writeMs,
  );
  return [
    {
      kind: 'compare',
      id: 'overwhelmed-neighbours',
      title: '99th percentile latency of the fast clients before, during and after the overload',
      says: sentencePer(
        rows.map(
          ({ name, before, during, after }) =>
            `${name}: p99 latency of the fast clients ${writeMs(before)} before, ${writeMs(during)} during and ${writeMs(after)} after the overload`,
        ),
      ),
      size: 'wide',
      axis,
      words: { hollow: 'before', filled: 'during', model: 'after' },
      rows: rows.map(({ name, transport, before, during, after }) => ({
        name,
        transport,
        hollow: place(before, writeMs(before)),
        filled: place(during, writeMs(during)),
        model: place(after, writeMs(after)),
      })),
    },
  ];
}

function cohortTable(entries: readonly Entry[]): Table {
  return {
    id: 'overwhelmed-table',
    caption: `Messages and latencies of slow and fast clients. Counts of messages are sums over the runs. Pending messages were not handled at the end. ${severalRuns}`,
    columns: [
      wordColumn('policy'),
      wordColumn('slow clients'),
      wordColumn('client group'),
      numberColumn('runs'),
      numberColumn('expected'),
      numberColumn('delivered'),
      numberColumn('dropped'),
      numberColumn('missed'),
      numberColumn('pending'),
      numberColumn('lost', '%'),
      numberColumn('time to catch up', 'ms'),
      numberColumn('latency p50', 'ms'),
      numberColumn('latency p99 before overload', 'ms'),
      numberColumn('latency p99 during overload', 'ms'),
      numberColumn('latency p99 after overload', 'ms'),
      numberColumn('longest send queue', 'KiB'),
      wordColumn('disconnected'),
    ],
    rows: entries.flatMap(({ one, mix }) =>
      (['slow', 'fast'] as const).flatMap((name) => {
        const cohorts = mix.trials.flatMap((trial) => cohortOf(trial, name) ?? []);
        return cohorts.length > 0 ? [cohortRow(one, mix, name, cohorts)] : [];
      }),
    ),
  };
}

function cohortRow({ name }: Case, { words, trials }: Mix, of: Cohort['name'], cohorts: Cohort[]): Cell[] {
  const books = sumBooks(cohorts.map(({ messages }) => messages));
  return [
    wordCell(name),
    wordCell(words),
    wordCell(of),
    countCell(cohorts.length),
    ...[books.expected, books.delivered, books.dropped, books.missed, books.backlogAtEnd].map(countCell),
    ...[lostPercent, caughtUpMs].map((read) =>
      spreadCell(of === 'slow' ? spread(trials.map(read)) : undefined),
    ),
    spreadCell(spread(cohorts.map(({ delayMs }) => delayMs.p50))),
    ...(['before', 'during', 'after'] as const).map((phase) => spreadCell(phaseP99(trials, of, phase))),
    spreadCell(
      of === 'slow'
        ? spread(trials.map(({ series }) => series && Math.max(...series.longestBacklogBytes) / kibibyte))
        : undefined,
    ),
    wordCell(of === 'slow' ? cutOffWords(trials) : '–'),
  ];
}

function cutOffWords(trials: readonly Trial[]): string {
  const evicted = trials.flatMap(({ server }) => server.evictions ?? []);
  const times = evicted.reduce((sum, { count }) => sum + count, 0);
  if (times === 0) return 'never';
  const reasons = [...new Set(evicted.flatMap((one) => one.reasons))];
  return [counted(times, 'time'), listed(reasons.slice(0, 2))].filter(Boolean).join(': ');
}
