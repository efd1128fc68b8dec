import { offlineLost } from '../../bench/analysis/models.ts';
import { type Spread, spread } from '../../bench/analysis/statistics.ts';
import { missedPerClient } from '../../bench/analysis/trial-quantities.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { sentencePer, threeDigits, writeMs } from '../units.ts';
import type { Axis, Figure, TimelinePanel, TimelineRow } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
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
 * What do you miss while you are away? One client of every transport over time, message by message, for
 * each absence and each length of the log.
 */
export function offlineFigures(result: Result): Figure[] {
  const cases = casesOf(usableTrials(result, 'offline'));
  if (cases.length === 0) return [];
  return [
    {
      id: 'offline-time',
      title: 'Which messages arrived at once, later, or never',
      notes: [
        'Each marker is a message, at its scheduled send time. Filled marker: the message arrived at once. Hollow marker: the message arrived after the client was online again. Red cross: the message never arrived. Thick line across a row: the moment when the client had caught up.',
        'One client per transport, first run. One source sends the same messages to all clients.',
        ...leftOutNotes(result, 'offline'),
      ],
      panels: cases.flatMap(timelinePanel),
      table: lossTable(cases),
    },
  ];
}

/** The trials that had the same absence and the same log; a log that keeps everything does so for ever. */
type Case = { awayMs: number; retentionMs: number; lanes: Lane[] };

/** "push, with a cursor": there is only one kind of push beside SSE. */
function withShortName(lane: Lane): Lane {
  return { ...lane, name: lane.name.replace(' (WebSocket)', '') };
}

function retentionOf({ parameters }: Trial): number {
  return parameters.retentionMs ?? Number.POSITIVE_INFINITY;
}

function casesOf(trials: readonly Trial[]): Case[] {
  const absencesMs = [...new Set(trials.map(({ parameters }) => parameters.awayMs ?? 0))];
  return absencesMs
    .sort((a, b) => a - b)
    .flatMap((awayMs) => {
      const away = trials.filter(({ parameters }) => (parameters.awayMs ?? 0) === awayMs);
      const logsMs = [...new Set(away.map(retentionOf))].sort((a, b) => b - a);
      return logsMs.map((retentionMs) => ({
        awayMs,
        retentionMs,
        lanes: lanesOf(away.filter((trial) => retentionOf(trial) === retentionMs)).map(withShortName),
      }));
    });
}

/** None for clients that stayed: there is nothing to see but filled signs. */
function timelinePanel({ awayMs, retentionMs, lanes }: Case): TimelinePanel[] {
  const drawn = lanes.flatMap((lane) => {
    const trial = lane.trials.find(({ timeline }) => timeline);
    return trial?.timeline ? [{ lane, trial, timeline: trial.timeline }] : [];
  });
  const [first] = drawn;
  if (!first || awayMs === 0) return [];
  const { awayFromMs, awayUntilMs } = first.timeline;
  const x: Axis = {
    title: 'Scheduled send time',
    scale: 'linear',
    unit: 'ms',
    min: 0,
    max: first.trial.durationMs,
  };
  const log = logWords(retentionMs);
  return [
    {
      kind: 'timeline',
      id: `offline-${Math.round(awayMs)}-${Number.isFinite(retentionMs) ? Math.round(retentionMs) : 'all'}`,
      title: `Offline for ${writeMs(awayMs)}, ${log} retention`,
      says: `Offline for ${writeMs(awayMs)}, ${log} retention. ${sentencePer(lanes.map((lane) => `${lane.name}: ${threeDigits(spread(lane.trials.map(missedPerClient))?.median ?? 0)} messages missed per client`))}`,
      size: 'wide',
      x,
      shade: { from: awayFromMs, to: awayUntilMs, text: 'offline' },
      rows: drawn.map(({ lane, trial }) => timelineRow(lane, trial)),
    },
  ];
}

function logWords(retentionMs: number): string {
  return Number.isFinite(retentionMs) ? writeMs(retentionMs) : 'unlimited';
}

/** Sorts one client's messages by what became of them. */
export function timelineRow(
  { name, transport }: Pick<Lane, 'name' | 'transport'>,
  trial: Trial,
): TimelineRow {
  const { atMs = [], dueMs = [], awayUntilMs = 0 } = trial.timeline ?? {};
  const messages = dueMs.map((due, index) => ({ due, at: atMs[index] ?? due }));
  const isLater = ({ due, at }: { due: number; at: number }) => due < awayUntilMs && at >= awayUntilMs;
  const later = messages.filter(isLater);
  const came = new Set(dueMs.map(Math.round));
  return {
    name,
    transport,
    atOnce: messages.filter((message) => !isLater(message)).map(({ due }) => due),
    later: later.map(({ due }) => due),
    never: periodicDueMs(trial).filter((due) => !came.has(Math.round(due))),
    ...(later.length > 0 && { caughtUpAt: Math.max(...later.map(({ at }) => at)) }),
  };
}

/** When a periodic source's messages are due: the first half a period in. Of another source nobody can tell afterwards. */
function periodicDueMs({ parameters, durationMs }: Trial): number[] {
  const { schedule, ratePerSecond } = parameters;
  if (schedule !== 'periodic' || !(ratePerSecond > 0)) return [];
  const periodMs = 1000 / ratePerSecond;
  const count = Math.ceil(durationMs / periodMs - 0.5);
  return Array.from({ length: count }, (_, index) => (index + 0.5) * periodMs);
}

/** What a client must lose: everything where it comes back without a cursor, else what the log no longer has. */
function modelLost(trial: Trial): number {
  const { awayMs = 0, ratePerSecond, replay } = trial.parameters;
  return offlineLost(awayMs, ratePerSecond, replay === false ? 0 : retentionOf(trial));
}

function lossTable(cases: readonly Case[]): Table {
  const over = ({ trials }: Lane, of: (trial: Trial) => number | null | undefined): Spread | undefined =>
    spread(trials.map(of));
  return {
    id: 'offline-table',
    caption:
      'Messages per client. Times are measured from the moment when the client was online again. Model for λ messages/s and t offline: λt missed without a log, λ·max(0, t − R) with retention R.',
    columns: [
      numberColumn('offline for', 'ms'),
      wordColumn('retention'),
      wordColumn('transport'),
      numberColumn('runs'),
      numberColumn('expected'),
      numberColumn('missed'),
      numberColumn('model: missed'),
      numberColumn('arrived later'),
      numberColumn('time to catch up', 'ms'),
      numberColumn('time until all clients had a new message', 'ms'),
    ],
    rows: cases.flatMap(({ awayMs, retentionMs, lanes }) =>
      lanes.map((lane) => [
        numberCell(awayMs),
        wordCell(logWords(retentionMs)),
        wordCell(lane.name),
        countCell(lane.trials.length),
        spreadCell(over(lane, ({ messages, clients }) => messages.expected / Math.max(1, clients.count))),
        spreadCell(over(lane, missedPerClient)),
        numberCell(lane.trials[0] && modelLost(lane.trials[0])),
        spreadCell(
          over(lane, ({ returned, clients }) => returned && returned.replayed / Math.max(1, clients.count)),
        ),
        spreadCell(over(lane, ({ returned }) => returned?.caughtUpMs)),
        spreadCell(over(lane, ({ returned }) => returned?.allHearNewsMs)),
      ]),
    ),
  };
}
