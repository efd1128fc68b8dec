import { overwhelmedAgeMs, overwhelmedBacklogBytes } from '../../bench/analysis/models.ts';
import type { Result, Series, Trial } from '../../bench/result.ts';
import { type TransportName, transportLooks } from '../../clients/transports.ts';
import { mebibyte, sentencePer, writeBytes, writeMs } from '../units.ts';
import type { Axis, Figure, LinePanel, LineSeries, Point } from './figure.ts';
import { roundAbove } from './figure.ts';
import { leftOutNotes } from './lanes.ts';
import {
  type Case,
  type Mix,
  mostOf,
  overloadOf,
  pointsOf,
  ratesOf,
  type Shown,
  shownCases,
} from './overwhelmed-cases.ts';
import { numberCell, numberColumn, type Table, wordCell, wordColumn } from './table.ts';

/** More points than this add nothing to a line in a small panel, only to the size of the page; runs behind it need fewer. */
const pointsMax = 48;
const pointsOfRunMax = 14;

/** Bytes that wait in the server for the slow client, over time, a panel for each policy on one scale. */
export function backlogFigure(result: Result, cases: readonly Case[]): Figure | undefined {
  const x = timeAxis(cases);
  if (!x) return undefined;
  const kernelBytes = kernelShareBytes(unboundedOf(cases)?.trials[0]);
  const model = backlogModel(unboundedOf(cases)?.trials[0], kernelBytes ?? 0);
  const quantity: Quantity = {
    id: 'backlog',
    axis: 'Send queue (MiB)',
    unit: 'number',
    of: ({ longestBacklogBytes }, index) => (longestBacklogBytes[index] ?? 0) / mebibyte,
    all: ({ series }) => series?.longestBacklogBytes ?? [],
    write: writeBytes,
    words: 'longest send queue',
  };
  return {
    id: 'overwhelmed-backlog',
    title: 'Send queue of one slow consumer, by overflow policy',
    notes: [
      kernelBytes === undefined
        ? 'All panels have the same scale.'
        : `All panels have the same scale. Thin dotted line: the model of an unbounded queue. The model starts when the kernel’s socket buffers are full (${writeBytes(kernelBytes)} on this machine), which a server can’t see. With credit and with polling these buffers stay empty too.`,
      ...runNotes(cases),
      ...leftOutNotes(result, 'overwhelmed'),
    ],
    panels: shownCases(cases).map((shown) => timePanel(shown, cases, x, quantity, model)),
    table: mostTable('overwhelmed-backlog-table', 'The longest send queue, and its limit.', cases),
  };
}

/** How old the messages are that the slow client handles, in the same panels. */
export function ageFigure(cases: readonly Case[]): Figure | undefined {
  const x = timeAxis(cases);
  if (!x) return undefined;
  const quantity: Quantity = {
    id: 'age',
    axis: 'Latency',
    unit: 'ms',
    of: ({ slowAgeMs }, index) => slowAgeMs[index],
    all: ({ series }) => series?.slowAgeMs ?? [],
    write: writeMs,
    words: 'highest latency',
  };
  return {
    id: 'overwhelmed-age',
    title: 'Latency of the messages that the slow consumer handles',
    notes: [
      'Thin dotted line: the model of an unbounded queue, (1 − μ/λ)·t, for send rate λ and handling rate μ. Only a policy that drops messages can keep the latency lower. Such a policy helps only after the kernel’s socket buffers are full of old messages.',
    ],
    panels: shownCases(cases).map((shown) =>
      timePanel(shown, cases, x, quantity, ageModel(unboundedOf(cases)?.trials[0])),
    ),
    table: ageTable(cases),
  };
}

type Quantity = {
  id: string;
  axis: string;
  unit: Axis['unit'];
  of: (series: Series, index: number) => number | null | undefined;
  all: (trial: Trial) => readonly (number | null)[];
  write: (value: number) => string;
  words: string;
};

function timePanel(
  { id, name, cases: own }: Shown,
  cases: readonly Case[],
  x: Axis,
  quantity: Quantity,
  model: readonly Point[],
): LinePanel {
  const { axis, unit, all, write, words } = quantity;
  const first = own[0]?.mixes[0]?.trials[0];
  const limitBytes = quantity.id === 'backlog' ? first?.parameters.limitBytes : undefined;
  const shade = overloadOf(first);
  const most = own.flatMap((one) =>
    one.mixes.map((mix) => ({ name: seriesName(one, mix), value: mostOf(mix.trials, all) })),
  );
  return {
    kind: 'lines',
    id: `overwhelmed-${quantity.id}-${id}`,
    title: titleOf(name, words, write, own.length > 1 ? most : most.slice(0, 1)),
    says: sentencePer(
      most.map(({ name, value }) => `${name}: ${words} of the slow consumer ${write(value)}`),
    ),
    size: 'third',
    x,
    y: { title: axis, scale: 'linear', unit, min: 0, max: highestOf(cases, quantity, model) },
    ...(shade && { shade }),
    ...(limitBytes && { bound: { y: limitBytes / mebibyte, text: `queue limit ${writeBytes(limitBytes)}` } }),
    series: [
      ...modelSeries(own[0]?.transport ?? 'push', model),
      ...own.flatMap((one) => one.mixes.flatMap((mix, place) => mixSeries(one, mix, quantity, place > 0))),
    ],
    labels: 'end',
  };
}

/** "drop-oldest: longest send queue 1.03 MiB"; nothing at all needs no unit. */
function titleOf(
  name: string,
  words: string,
  write: (value: number) => string,
  most: readonly { value: number }[],
): string {
  const highest = Math.max(...most.map(({ value }) => value));
  return `${name}: ${words} ${highest > 0 ? write(highest) : '0'}`;
}

function modelSeries(transport: TransportName, points: readonly Point[]): LineSeries[] {
  if (points.length === 0) return [];
  return [{ name: 'model: unbounded', transport, role: 'model', points: [...points] }];
}

function seriesName({ transport, mixes }: Case, { words }: Mix): string {
  const { label } = transportLooks[transport];
  return mixes.length > 1 ? `${label}, ${words}` : label;
}

/** The first run as the thick line, further runs faint behind it. */
function mixSeries(one: Case, mix: Mix, { of }: Quantity, dotted: boolean): LineSeries[] {
  const { transport } = one;
  const [first, ...others] = mix.trials;
  if (!first) return [];
  const name = seriesName(one, mix);
  return [
    ...others.map(
      (trial): LineSeries => ({
        name: `${name}, run ${trial.repeat}`,
        transport,
        role: 'run',
        points: pointsOf(trial, of, pointsOfRunMax),
      }),
    ),
    { name, transport, role: 'measured', dotted, points: pointsOf(first, of, pointsMax), unnamed: true },
  ];
}

function highestOf(cases: readonly Case[], { of }: Quantity, model: readonly Point[]): number {
  const values = cases.flatMap(({ mixes }) =>
    mixes.flatMap(({ trials }) =>
      trials.flatMap(
        (trial) => trial.series?.atMs.map((_, index) => of(trial.series as Series, index) ?? 0) ?? [],
      ),
    ),
  );
  return roundAbove(Math.max(0, ...values, ...model.map(({ y }) => y)));
}

function timeAxis(cases: readonly Case[]): Axis | undefined {
  const trials = cases.flatMap(({ mixes }) => mixes.flatMap((mix) => mix.trials));
  if (trials.length === 0) return undefined;
  const max = Math.max(...trials.map(({ durationMs }) => durationMs));
  return { title: 'Time since the start', scale: 'linear', unit: 'ms', min: 0, max };
}

/** The runs that the models are about: nothing bounds the server, and as few clients as possible are slow. */
function unboundedOf(cases: readonly Case[]): Mix | undefined {
  return cases.find(({ transport, policy }) => transport === 'push' && policy === 'unbounded')?.mixes[0];
}

/**
 * What the kernel's socket buffers had swallowed when the first byte had to wait in the server: all that
 * had come by then and was not handled. `undefined` where nothing ever waited.
 */
export function kernelShareBytes(trial: Trial | undefined): number | undefined {
  const first = trial?.series?.longestBacklogBytes.findIndex((bytes) => bytes > 0) ?? -1;
  const shade = overloadOf(trial);
  const rates = trial && ratesOf(trial);
  if (!trial?.series || !shade || !rates || first < 0) return undefined;
  const elapsedMs = Math.max(0, (trial.series.atMs[first] ?? 0) - shade.from);
  const { due, handled } = rates;
  const surplusBytes = overwhelmedBacklogBytes(elapsedMs, due, handled, trial.parameters.payloadBytes, 0);
  return Math.max(0, surplusBytes - (trial.series.longestBacklogBytes[first] ?? 0));
}

/** From the start of the overload to its end, in three points: nothing until the kernel is full, then straight up. */
function backlogModel(trial: Trial | undefined, kernelBytes: number): Point[] {
  const shade = overloadOf(trial);
  const rates = trial && ratesOf(trial);
  if (!shade || !rates) return [];
  const { due, handled } = rates;
  const { payloadBytes } = trial.parameters;
  const at = (elapsedMs: number) => ({
    x: shade.from + elapsedMs,
    y: overwhelmedBacklogBytes(elapsedMs, due, handled, payloadBytes, kernelBytes) / mebibyte,
  });
  const perSecond = Math.max(1e-9, (due - handled) * payloadBytes);
  const fullMs = (1000 * kernelBytes) / perSecond;
  return [at(0), at(Math.min(fullMs, shade.to - shade.from)), at(shade.to - shade.from)];
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
  const mixes = cases.flatMap((one) => one.mixes);
  const runs = mixes.some(({ trials }) => trials.length > 1)
    ? ['Thick lines: the first run. Faint lines: the other runs. Titles give the median run.']
    : [];
  const other = cases.find((one) => one.mixes.length > 1)?.mixes[1];
  return other
    ? [...runs, `Thick dotted lines: ${other.words}, drawn for the client with the longest send queue.`]
    : runs;
}

function mostTable(id: string, caption: string, cases: readonly Case[]): Table {
  return {
    id,
    caption,
    columns: [
      wordColumn('policy'),
      wordColumn('slow clients'),
      numberColumn('runs'),
      numberColumn('queue limit', 'MiB'),
      numberColumn('longest send queue', 'MiB'),
    ],
    rows: cases.flatMap(({ name, mixes }) =>
      mixes.map(({ words, trials }) => [
        wordCell(name),
        wordCell(words),
        numberCell(trials.length),
        numberCell(limitMebibytes(trials[0])),
        numberCell(mostOf(trials, ({ series }) => series?.longestBacklogBytes ?? []) / mebibyte),
      ]),
    ),
  };
}

function limitMebibytes(trial: Trial | undefined): number | undefined {
  const { limitBytes } = trial?.parameters ?? {};
  return limitBytes === undefined ? undefined : limitBytes / mebibyte;
}

function ageTable(cases: readonly Case[]): Table {
  return {
    id: 'overwhelmed-age-table',
    caption:
      'Highest latency at the slow consumer, and the model of an unbounded queue at the end of the overload.',
    columns: [
      wordColumn('policy'),
      wordColumn('slow clients'),
      numberColumn('runs'),
      numberColumn('highest latency', 'ms'),
      numberColumn('model: highest latency', 'ms'),
    ],
    rows: cases.flatMap(({ name, mixes }) =>
      mixes.map(({ words, trials }) => [
        wordCell(name),
        wordCell(words),
        numberCell(trials.length),
        numberCell(mostOf(trials, ({ series }) => series?.slowAgeMs ?? [])),
        numberCell(ageModel(trials[0]).at(-1)?.y),
      ]),
    ),
  };
}
