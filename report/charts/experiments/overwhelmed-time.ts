import { overwhelmedAgeMs, overwhelmedBacklogBytes } from '../../../bench/analysis/models.ts';
import type { Result, Series, Trial } from '../../../bench/result.ts';
import { transportLooks } from '../../../clients/transports.ts';
import { type AxisUnit, mebibyte, sentencePer, threeDigits, writeBytes, writeMs } from '../../units.ts';
import { linear, timeAxis } from '../axes.ts';
import type { Axis, Figure, LinePanel, LineSeries, Point } from '../figure.ts';
import { leftOutNotes } from '../lanes.ts';
import { modelLine } from '../panels.ts';
import { numbers, runsColumn, tableOf } from '../table.ts';
import {
  type Case,
  casesOf,
  mostOf,
  overloadOf,
  pointsOf,
  ratesOf,
  rowColumns,
  rowsOf,
  type Shown,
  shownCases,
} from './overwhelmed-cases.ts';

/** More points than these add nothing to a line, only to the size of the page: in a small panel, of a run behind it, across the page. */
const pointsMax = 48;
const pointsOfRunMax = 14;
const pointsOfMinuteMax = 60;

/** A series of the slow client. `write` and `words` put its largest value into words. */
type Quantity = {
  id: string;
  axis: string;
  unit: AxisUnit;
  read: (series: Series, index: number) => number | null | undefined;
  all: (trial: Trial) => readonly (number | null)[];
  write: (value: number) => string;
  words: string;
};

const queueMebibytes = ({ longestBacklogBytes }: Series, index: number) =>
  (longestBacklogBytes[index] ?? 0) / mebibyte;

const backlog: Quantity = {
  id: 'backlog',
  axis: 'Send queue (MiB)',
  unit: 'number',
  read: queueMebibytes,
  all: ({ series }) => series?.longestBacklogBytes ?? [],
  write: writeBytes,
  words: 'largest send queue',
};

const age: Quantity = {
  id: 'age',
  axis: 'Latency',
  unit: 'ms',
  read: ({ slowAgeMs }, index) => slowAgeMs[index],
  all: ({ series }) => series?.slowAgeMs ?? [],
  write: writeMs,
  words: 'maximum latency',
};

/** Bytes that wait in the server for the slow client, over time, a panel for each policy on one scale. */
export function backlogFigure(result: Result, cases: readonly Case[]): Figure[] {
  if (cases.length === 0) return [];
  const open = unboundedOf(cases);
  const kernelBytes = kernelShareBytes(open);
  return [
    {
      id: 'overwhelmed-backlog',
      title: 'Send queue of one slow consumer, by overflow policy',
      notes: [
        kernelBytes === undefined
          ? 'All panels have the same scale.'
          : `All panels have the same scale. The thin dotted line is the model of an unbounded queue. The model starts when the kernel’s socket buffers are full (${writeBytes(kernelBytes, 2)} on this machine). A server can’t observe these buffers. With credit-based flow control and with polling, the buffers stay empty.`,
        ...runNotes(cases),
        ...leftOutNotes(result, 'overwhelmed'),
      ],
      panels: panelsOf(cases, backlog, queueModel(open)),
      table: tableOf(
        { id: 'overwhelmed-backlog-table', caption: 'The largest send queue, and its limit.' },
        rowsOf(cases),
        [
          ...rowColumns,
          runsColumn,
          numbers('queue limit', 'MiB', ({ runs: [first] }) => {
            const { limitBytes } = first?.parameters ?? {};
            return limitBytes && limitBytes / mebibyte;
          }),
          numbers('largest send queue', 'MiB', ({ runs }) => mostOf(runs, backlog.all) / mebibyte),
        ],
      ),
    },
  ];
}

/** How old the messages are that the slow client handles, in the same panels. */
export function ageFigure(cases: readonly Case[]): Figure[] {
  if (cases.length === 0) return [];
  return [
    {
      id: 'overwhelmed-age',
      title: 'Latency of the messages that the slow consumer handles',
      notes: [
        'The thin dotted line is the model of an unbounded queue, (1 − μ/λ)·t, for send rate λ and handling rate μ. Only a policy that drops messages can keep latency low. Such a policy takes effect only when the kernel’s socket buffers are full.',
      ],
      panels: panelsOf(cases, age, ageModel(unboundedOf(cases))),
      table: tableOf(
        {
          id: 'overwhelmed-age-table',
          caption:
            'Maximum latency at the slow consumer, and the model of an unbounded queue at the end of the overload.',
        },
        rowsOf(cases),
        [
          ...rowColumns,
          runsColumn,
          numbers('maximum latency', 'ms', ({ runs }) => mostOf(runs, age.all)),
          numbers('model: maximum latency', 'ms', ({ runs: [first] }) => ageModel(first).at(-1)?.y),
        ],
      ),
    },
  ];
}

/** A panel for each policy, all on the same scales. */
function panelsOf(cases: readonly Case[], quantity: Quantity, model: readonly Point[]): LinePanel[] {
  const trials = cases.flatMap(({ mixes }) => mixes.flatMap(({ runs }) => runs));
  const values = trials.flatMap(({ series }) =>
    series ? series.atMs.map((_, index) => quantity.read(series, index) ?? 0) : [],
  );
  const x = timeAxis(Math.max(...trials.map(({ durationMs }) => durationMs)));
  const y = linear(quantity.axis, quantity.unit, [0, ...values, ...model.map(({ y }) => y)]);
  return shownCases(cases).map((shown) => timePanel(shown, quantity, model, x, y));
}

function timePanel(
  { id, name, cases }: Shown,
  quantity: Quantity,
  model: readonly Point[],
  x: Axis,
  y: Axis,
): LinePanel {
  const { words, write } = quantity;
  const first = cases[0]?.mixes[0]?.runs[0];
  const limitBytes = quantity === backlog ? first?.parameters.limitBytes : undefined;
  const shade = overloadOf(first);
  const rows = rowsOf(cases).map((row) => {
    const { label } = transportLooks[row.transport];
    return {
      ...row,
      name: row.mixes.length > 1 ? `${label}, ${row.words}` : label,
      most: mostOf(row.runs, quantity.all),
    };
  });
  // The title is about the mix that all cases have.
  const highest = Math.max(...(cases.length > 1 ? rows : rows.slice(0, 1)).map(({ most }) => most));
  return {
    kind: 'lines',
    id: `overwhelmed-${quantity.id}-${id}`,
    // "drop-oldest: largest send queue 1.03 MiB"; nothing at all needs no unit.
    title: `${name}: ${words} ${highest > 0 ? write(highest) : '0'}`,
    says: sentencePer(rows.map(({ name, most }) => `${name}: ${words} ${write(most)}`)),
    size: 'third',
    x,
    y,
    ...(shade && { shade }),
    ...(limitBytes && { bound: { y: limitBytes / mebibyte, text: `queue limit ${writeBytes(limitBytes)}` } }),
    series: [
      ...(model.length > 0
        ? [modelLine({ name: 'model: unbounded', transport: cases[0]?.transport ?? 'push' }, model)]
        : []),
      ...rows.flatMap(({ name, transport, runs: [first, ...others], slow, mixes }): LineSeries[] =>
        // The first run is the thick line; further runs are faint behind it.
        first
          ? [
              ...others.map(
                (trial): LineSeries => ({
                  name: `${name}, run ${trial.repeat}`,
                  transport,
                  role: 'run',
                  points: pointsOf(trial, quantity.read, pointsOfRunMax),
                }),
              ),
              {
                name,
                transport,
                role: 'measured',
                dotted: slow !== mixes[0]?.slow,
                points: pointsOf(first, quantity.read, pointsMax),
                unnamed: true,
              },
            ]
          : [],
      ),
    ],
    labels: 'end',
  };
}

/** The first run that the models are about: nothing bounds the server, and as few clients as possible are slow. */
function unboundedOf(cases: readonly Case[]): Trial | undefined {
  return cases.find(({ transport, policy }) => transport === 'push' && policy === 'unbounded')?.mixes[0]
    ?.runs[0];
}

/**
 * What the kernel's socket buffers had swallowed when the first byte had to wait in the server: all that
 * had come by then and was not handled. `undefined` where nothing ever waited.
 */
function kernelShareBytes(trial: Trial | undefined): number | undefined {
  const first = trial?.series?.longestBacklogBytes.findIndex((bytes) => bytes > 0) ?? -1;
  const shade = overloadOf(trial);
  const rates = trial && ratesOf(trial);
  if (!trial?.series || !shade || !rates || first < 0) return undefined;
  const elapsedMs = Math.max(0, (trial.series.atMs[first] ?? 0) - shade.from);
  const { due, handled } = rates;
  const surplusBytes = overwhelmedBacklogBytes(elapsedMs, due, handled, trial.parameters.payloadBytes, 0);
  return Math.max(0, surplusBytes - (trial.series.longestBacklogBytes[first] ?? 0));
}

/** From the start of the overload to its end, in three points: nothing until the kernel is full, then straight up. In MiB. */
function queueModel(trial: Trial | undefined): Point[] {
  const shade = overloadOf(trial);
  const rates = trial && ratesOf(trial);
  if (!shade || !rates) return [];
  const { due, handled } = rates;
  const { payloadBytes } = trial.parameters;
  const kernelBytes = kernelShareBytes(trial) ?? 0;
  const lengthMs = shade.to - shade.from;
  const fullMs = (1000 * kernelBytes) / Math.max(1e-9, (due - handled) * payloadBytes);
  return [0, Math.min(fullMs, lengthMs), lengthMs].map((elapsedMs) => ({
    x: shade.from + elapsedMs,
    y: overwhelmedBacklogBytes(elapsedMs, due, handled, payloadBytes, kernelBytes) / mebibyte,
  }));
}

function ageModel(trial: Trial | undefined): Point[] {
  const shade = overloadOf(trial);
  const rates = trial && ratesOf(trial);
  if (!shade || !rates) return [];
  return [0, shade.to - shade.from].map((elapsedMs) => ({
    x: shade.from + elapsedMs,
    y: overwhelmedAgeMs(elapsedMs, rates.due, rates.handled),
  }));
}

/** What is to be said where lines of several runs or mixes lie over each other. */
function runNotes(cases: readonly Case[]): string[] {
  const runs = rowsOf(cases).some(({ runs }) => runs.length > 1)
    ? [
        'Thick lines show the first run, faint lines the other runs. The numbers in the titles are from the median run.',
      ]
    : [];
  const other = cases.find((one) => one.mixes.length > 1)?.mixes[1];
  return other
    ? [
        ...runs,
        `Thick dotted lines: ${other.words}. These lines show the client with the largest send queue.`,
      ]
    : runs;
}

/** Bounds that run side by side on one server have one line of memory, and queues too short to tell apart. */
const everyLimit = 'with a queue limit';

/** Does memory stay flat over a minute of overload, and does the queue grow as λ − μ says? */
export function minuteFigure(trials: readonly Trial[]): Figure[] {
  const cases = casesOf(trials);
  if (cases.length === 0) return [];
  const x = timeAxis(Math.max(...trials.map(({ durationMs }) => durationMs)));
  return [
    {
      id: 'overwhelmed-minute',
      title: 'A minute of overload: memory and send queue',
      notes: [
        'Trials on the same server share one line, because they share the server’s memory. The thin dotted line is the model of an unbounded queue. This queue grows by λ − μ messages per second, the send rate minus the handling rate. The model starts when the kernel’s socket buffers are full. All queues with a limit stay close to 0.',
      ],
      panels: [memoryPanel(trials, x), queuePanel(cases, x)],
      table: tableOf(
        {
          id: 'overwhelmed-minute-table',
          caption:
            'Memory growth compares the mean of the last third of the run with that of the middle third. Queue growth is the measured rate divided by the predicted rate, λ − μ.',
        },
        rowsOf(cases).flatMap((row) => row.runs.map((trial) => ({ ...row, trial }))),
        [
          ...rowColumns,
          numbers(
            'memory at the end',
            'MiB',
            ({ trial: { series } }) => (series?.rssBytes.at(-1) ?? 0) / mebibyte,
          ),
          numbers('memory growth', '%', ({ trial }) => {
            const growth = memoryGrowth(trial);
            return growth === undefined ? undefined : 100 * growth;
          }),
          numbers(
            'send queue at the end',
            'MiB',
            ({ trial: { series } }) => (series?.longestBacklogBytes.at(-1) ?? 0) / mebibyte,
          ),
          numbers('queue growth ÷ (λ − μ)', undefined, ({ trial }) => queueGrowth(trial)),
        ],
      ),
    },
  ];
}

/** Servers with a queue limit are dotted, to distinguish two lines of one transport. */
function memoryPanel(trials: readonly Trial[], x: Axis): LinePanel {
  const servers = [...new Set(trials.map(({ together }) => together))].flatMap((together) => {
    const own = trials.filter((trial) => trial.together === together);
    const [first] = own;
    return first ? [{ first, name: serverName(own), isOpen: own.every(isUnbounded) }] : [];
  });
  return {
    kind: 'lines',
    id: 'overwhelmed-minute-memory',
    title: 'Memory of the server process',
    says: `Change of memory from the middle third of the run to the last third. ${sentencePer(servers.map(({ first, name }) => `${name}: memory change ${growthWords(first)}`))}`,
    size: 'half',
    x,
    y: linear('Resident memory (MiB)', 'number'),
    series: servers.map(
      ({ first, name, isOpen }): LineSeries => ({
        name,
        transport: first.transport,
        role: 'measured',
        dotted: !isOpen,
        points: pointsOf(
          first,
          ({ rssBytes }, index) => (rssBytes[index] ?? 0) / mebibyte,
          pointsOfMinuteMax,
        ),
      }),
    ),
    labels: 'end',
  };
}

function queuePanel(cases: readonly Case[], x: Axis): LinePanel {
  const lines = cases.flatMap(({ name, transport, mixes }) => {
    const trial = mixes[0]?.runs[0];
    return trial ? [{ name, transport, trial }] : [];
  });
  const open = lines.find(({ trial }) => isUnbounded(trial))?.trial;
  const firstBounded = lines.find(({ trial }) => !isUnbounded(trial))?.trial;
  const [shade] = lines.flatMap(({ trial }) => overloadOf(trial) ?? []);
  return {
    kind: 'lines',
    id: 'overwhelmed-minute-queue',
    title: 'Send queue of the slow consumer',
    says: `Send queue at the end of the minute. ${sentencePer(lines.map(({ name, trial }) => `${name}: send queue ${writeBytes(trial.series?.longestBacklogBytes.at(-1) ?? 0)}`))}`,
    size: 'half',
    x,
    y: linear('Send queue (MiB)', 'number'),
    ...(shade && { shade }),
    series: [
      ...(open ? [modelLine({ name: 'model: λ − μ', transport: open.transport }, queueModel(open))] : []),
      ...lines.map(
        ({ name, transport, trial }): LineSeries => ({
          name: isUnbounded(trial) ? name : everyLimit,
          transport,
          role: 'measured',
          dotted: !isUnbounded(trial),
          unnamed: !isUnbounded(trial) && trial !== firstBounded,
          points: pointsOf(trial, queueMebibytes, pointsOfMinuteMax),
        }),
      ),
    ],
    labels: 'end',
  };
}

function isUnbounded({ parameters }: Trial): boolean {
  return parameters.policy === 'unbounded';
}

function serverName(trials: readonly Trial[]): string {
  if (trials.every(isUnbounded)) return 'unbounded';
  return trials.length > 1 ? everyLimit : (trials[0]?.parameters.policy ?? 'polling');
}

/** Mean memory in the last third of the window over that in the middle third, less one. The first third is warm-up. */
export function memoryGrowth({ series }: Trial): number | undefined {
  const third = Math.floor((series?.rssBytes.length ?? 0) / 3);
  if (!series || third === 0) return undefined;
  return mean(series.rssBytes.slice(2 * third)) / mean(series.rssBytes.slice(third, 2 * third)) - 1;
}

function growthWords(trial: Trial): string {
  const growth = memoryGrowth(trial);
  if (growth === undefined) return 'unknown (0 samples)';
  return `${growth >= 0 ? '+' : '−'}${threeDigits(Math.abs(100 * growth))}%`;
}

/** How fast the queue grew once something waited, over what λ − μ predicts; `undefined` where it is bounded. */
export function queueGrowth(trial: Trial): number | undefined {
  const rates = ratesOf(trial);
  const { series, parameters } = trial;
  if (!series || !rates || !isUnbounded(trial)) return undefined;
  const first = series.longestBacklogBytes.findIndex((bytes) => bytes > mebibyte);
  const last = series.longestBacklogBytes.length - 1;
  if (first < 0 || last - first < 2) return undefined;
  const bytes = (series.longestBacklogBytes[last] ?? 0) - (series.longestBacklogBytes[first] ?? 0);
  const seconds = ((series.atMs[last] ?? 0) - (series.atMs[first] ?? 0)) / 1000;
  return bytes / seconds / ((rates.due - rates.handled) * parameters.payloadBytes);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
