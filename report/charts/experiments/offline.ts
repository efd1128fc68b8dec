import { offlineLost } from '../../../bench/analysis/models.ts';
import { spread } from '../../../bench/analysis/statistics.ts';
import { missedPerClient } from '../../../bench/analysis/trial-quantities.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { sentencePer, threeDigits, writeMs } from '../../units.ts';
import { timeAxis } from '../axes.ts';
import type { Figure, TimelinePanel, TimelineRow } from '../figure.ts';
import { byValue, type Lane, lanesOf, leftOutNotes, usableTrials } from '../lanes.ts';
import { type Metric, perClient } from '../metrics.ts';
import { medians, names, numbers, runsColumn, tableOf, words } from '../table.ts';

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
        'Each marker is a message, at its scheduled send time. Filled markers are messages that arrived at once. Hollow markers are messages that arrived after the client was online again. Red crosses are messages that never arrived. A thick line across a row marks the moment when the client had caught up.',
        'The chart shows one client per transport, in the first run. One source sends the same messages to all clients.',
        ...leftOutNotes(result, 'offline'),
      ],
      panels: cases.flatMap(timelinePanel),
      table: tableOf(
        {
          id: 'offline-table',
          caption:
            'Messages per client. Times start when the client is online again. For λ messages/s and t offline, the model predicts λt missed messages without a log. With a retention of R, it predicts λ·max(0, t − R).',
        },
        cases.flatMap(({ lanes, ...one }) => lanes.map((lane) => ({ ...one, ...lane }))),
        [
          numbers('offline for', 'ms', ({ awayMs }) => awayMs),
          words('retention', ({ retentionMs }) => logWords(retentionMs)),
          names('transport'),
          runsColumn,
          medians({ name: 'expected', read: perClient(({ messages }) => messages.expected) }),
          medians(missed),
          numbers('model: missed', undefined, ({ runs: [first] }) => first && modelLost(first)),
          medians({ name: 'arrived later', read: perClient(({ returned }) => returned?.replayed) }),
          medians({ name: 'time to catch up', unit: 'ms', read: ({ returned }) => returned?.caughtUpMs }),
          medians({
            name: 'time until all clients had a new message',
            unit: 'ms',
            read: ({ returned }) => returned?.allHearNewsMs,
          }),
        ],
      ),
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
  return byValue(trials, ({ parameters }) => parameters.awayMs).flatMap(({ at: awayMs, runs }) =>
    byValue(runs, retentionOf)
      .toReversed()
      .map(({ at: retentionMs, runs: own }) => ({
        awayMs,
        retentionMs,
        lanes: lanesOf(own).map(withShortName),
      })),
  );
}

/** None for clients that stayed: there is nothing to see but filled signs. */
function timelinePanel({ awayMs, retentionMs, lanes }: Case): TimelinePanel[] {
  const drawn = lanes.flatMap((lane) => {
    const trial = lane.runs.find(({ timeline }) => timeline);
    return trial?.timeline ? [{ lane, trial, timeline: trial.timeline }] : [];
  });
  const [first] = drawn;
  if (!first || awayMs === 0) return [];
  const { awayFromMs, awayUntilMs } = first.timeline;
  const log = logWords(retentionMs);
  return [
    {
      kind: 'timeline',
      id: `offline-${Math.round(awayMs)}-${Number.isFinite(retentionMs) ? Math.round(retentionMs) : 'all'}`,
      title: `Offline for ${writeMs(awayMs)}, ${log} retention`,
      says: `Offline for ${writeMs(awayMs)}, ${log} retention. ${sentencePer(lanes.map((lane) => `${lane.name}: ${threeDigits(spread(lane.runs.map(missed.read))?.median ?? 0)} messages missed per client`))}`,
      size: 'wide',
      x: timeAxis(first.trial.durationMs, 'Scheduled send time'),
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

const missed: Metric = { name: 'missed', read: missedPerClient };

/** What a client must lose: everything where it comes back without a cursor, else what the log no longer has. */
function modelLost(trial: Trial): number {
  const { awayMs = 0, ratePerSecond, replay } = trial.parameters;
  return offlineLost(awayMs, ratePerSecond, replay === false ? 0 : retentionOf(trial));
}
