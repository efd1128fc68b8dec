import { overwhelmedAgeMs, overwhelmedBacklogBytes } from '../../bench/analysis/models.ts';
import type { Result, Series, Trial } from '../../bench/result.ts';
import { type TransportName, transportLooks } from '../../clients/transports.ts';
import { mebibyte, writeBytes, writeMs } from '../units.ts';
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
    axis: 'MiB waiting',
    unit: 'number',
    of: ({ longestBacklogBytes }, index) => (longestBacklogBytes[index] ?? 0) / mebibyte,
    all: ({ series }) => series?.longestBacklogBytes ?? [],
    write: writeBytes,
    words: 'most that waited in the server for the slow client',
  };
  return {
    id: 'overwhelmed-backlog',
    title: 'Where it piles up: bytes that wait in the server for one slow client',
    notes: [
      kernelBytes === undefined
        ? 'All panels have one scale.'
        : `All panels have one scale. Dashed line: the model of no bound at all. It begins when the socket buffers of this machine’s kernel have swallowed ${writeBytes(kernelBytes)}, which no server sees; under credit and polling they stay empty as well.`,
      ...runNotes(cases),
      ...leftOutNotes(result, 'overwhelmed'),
    ],
    panels: shownCases(cases).map((shown) => timePanel(shown, cases, x, quantity, model)),
    table: mostTable('overwhelmed-backlog-table', 'The most that ever waited, and the limit.', cases),
  };
}

/** How old the messages are that the slow client handles, in the same panels. */
export function ageFigure(cases: readonly Case[]): Figure | undefined {
  const x = timeAxis(cases);
  if (!x) return undefined;
  const quantity: Quantity = {
    id: 'age',
    axis: 'age',
    unit: 'ms',
    of: ({ slowAgeMs }, index) => slowAgeMs[index],
    all: ({ series }) => series?.slowAgeMs ?? [],
    write: writeMs,
    words: 'oldest message that the slow client handled',
  };
  return {
    id: 'overwhelmed-age',
    title: 'How old the messages are that the slow client handles',
    notes: [
      'Dashed line: the model of no bound, (1 − μ/λ)·t. Only a policy that drops can keep a slow client fresher than that, and only once the kernel’s buffers are full of old messages.',
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
    title: titleOf(name, write, own.length > 1 ? most : most.slice(0, 1)),
    says: `${name}: ${words}: ${most.map(({ name, value }) => `${name} ${write(value)}`).join('; ')}.`,
    size: 'third',
    x,
    y: { title: axis, scale: 'linear', unit, min: 0, max: highestOf(cases, quantity, model) },
    ...(shade && { shade }),
    ...(limitBytes && { bound: { y: limitBytes / mebibyte, text: `limit ${writeBytes(limitBytes)}` } }),
    series: [
      ...modelSeries(own[0]?.transport ?? 'push', model),
      ...own.flatMap((one) => one.mixes.flatMap((mix, place) => mixSeries(one, mix, quantity, place > 0))),
    ],
    labels: 'end',
  };
}

/** "drop oldest: up to 1.03 MiB"; nothing at all needs no unit. */
function titleOf(name: string, write: (value: number) => string, most: readonly { value: number }[]): string {
  const highest = Math.max(...most.map(({ value }) => value));
  return highest > 0 ? `${name}: up to ${write(highest)}` : `${name}: nothing`;
}

function modelSeries(transport: TransportName, points: readonly Point[]): LineSeries[] {
  if (points.length === 0) return [];
  return [{ name: 'model of no bound', transport, role: 'model', points: [...points] }];
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
  return { title: 'time since the start', scale: 'linear', unit: 'ms', min: 0, max };
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
    ? ['Thick: the first run. Faint: the others. Numbers in the titles are the middle run’s.']
    : [];
  const other = cases.find((one) => one.mixes.length > 1)?.mixes[1];
  return other ? [...runs, `Dotted: ${other.words}, seen from the one with the longest backlog.`] : runs;
}

function mostTable(id: string, caption: string, cases: readonly Case[]): Table {
  return {
    id,
    caption,
    columns: [
      wordColumn('policy'),
      wordColumn('crowd'),
      numberColumn('runs'),
      numberColumn('limit', 'MiB'),
      numberColumn('most that waited', 'MiB'),
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
      'The oldest that the slow client handled, beside the model of no bound at the end of the overload.',
    columns: [
      wordColumn('policy'),
      wordColumn('crowd'),
      numberColumn('runs'),
      numberColumn('oldest', 'ms'),
      numberColumn('model', 'ms'),
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
