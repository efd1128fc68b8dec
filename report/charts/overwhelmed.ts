import { overwhelmedAgeMs, overwhelmedBacklogBytes } from '../../bench/analysis/models.ts';
import type { Result, Series, Trial } from '../../bench/result.ts';
import { kibibyte, mebibyte, writeBytes, writeMs } from '../units.ts';
import type { Axis, Figure, LinePanel, LineSeries, Point } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
import { countCell, numberCell, numberColumn, type Table, wordCell, wordColumn } from './table.ts';

/** More samples than this add nothing to a line, only to the size of the page. */
const samplesMax = 120;

/**
 * What happens to a client that can't keep up? Bytes that wait for it in the server, the age of what
 * it handles, and the server's memory, over time and all transports on the same scales.
 */
export function overwhelmedFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'overwhelmed').filter(({ series }) => series);
  const lanes = lanesOf(trials);
  if (lanes.length === 0) return [];
  const x: Axis = {
    title: 'time since the start',
    scale: 'linear',
    unit: 'ms',
    min: 0,
    max: Math.max(...trials.map(({ durationMs }) => durationMs)),
  };
  return [
    {
      id: 'overwhelmed-time',
      title: 'Where it piles up',
      notes: [...kernelNotes(lanes), ...leftOutNotes(result, 'overwhelmed')],
      panels: [backlogPanel(lanes, x), agePanel(lanes, x), memoryPanel(lanes, x)],
      table: cohortTable(lanes),
    },
  ];
}

function kernelNotes(lanes: readonly Lane[]): string[] {
  const kernelBytes = kernelShareBytes(lanes);
  if (kernelBytes === undefined) return [];
  return [
    `Until the first byte waited in the push server, the socket buffers of this machine’s kernel had swallowed ${writeBytes(kernelBytes)}. The dashed model starts from there and predicts the rest.`,
  ];
}

function backlogPanel(lanes: readonly Lane[], x: Axis): LinePanel {
  return {
    kind: 'lines',
    id: 'overwhelmed-backlog',
    title: 'Waiting in the server for the slow client',
    says: `At the end there waited in the server for the one slow client: ${endList(lanes, backlogMiB, (value) => writeBytes(value * mebibyte))}.`,
    size: 'wide',
    x,
    y: { title: 'MiB waiting', scale: 'linear', unit: 'number', min: 0 },
    series: [...backlogModel(lanes, x), ...lanes.flatMap((lane) => laneSeries(lane, backlogMiB))],
    labels: 'end',
  };
}

function agePanel(lanes: readonly Lane[], x: Axis): LinePanel {
  return {
    kind: 'lines',
    id: 'overwhelmed-age',
    title: 'Age of what the slow client handles',
    says: `At the end the slow client handled messages of this age: ${endList(lanes, ageMs, writeMs)}.`,
    size: 'half',
    x,
    y: { title: 'age', scale: 'linear', unit: 'ms', min: 0 },
    series: [...ageModel(lanes, x), ...lanes.flatMap((lane) => laneSeries(lane, ageMs))],
    labels: 'end',
  };
}

function memoryPanel(lanes: readonly Lane[], x: Axis): LinePanel {
  return {
    kind: 'lines',
    id: 'overwhelmed-memory',
    title: 'Memory of the whole server process',
    says: `At the end the server process took: ${endList(lanes, memoryMiB, (value) => writeBytes(value * mebibyte))}.`,
    size: 'half',
    x,
    y: { title: 'MiB resident', scale: 'linear', unit: 'number', min: 0 },
    series: lanes.flatMap((lane) => laneSeries(lane, memoryMiB)),
    labels: 'end',
  };
}

type Sample = (series: Series, index: number) => number | null | undefined;

const backlogMiB: Sample = ({ longestBacklogBytes }, index) => (longestBacklogBytes[index] ?? 0) / mebibyte;
const ageMs: Sample = ({ slowAgeMs }, index) => slowAgeMs[index];
const memoryMiB: Sample = ({ rssBytes }, index) => (rssBytes[index] ?? 0) / mebibyte;

/** The first run as the thick line, further runs faint behind it. */
function laneSeries({ name, transport, trials }: Lane, of: Sample): LineSeries[] {
  const [first, ...others] = trials.toSorted((a, b) => a.repeat - b.repeat);
  if (!first) return [];
  return [
    ...others.map(
      (trial): LineSeries => ({
        name: `${name}, run ${trial.repeat}`,
        transport,
        role: 'run',
        points: pointsOf(trial, of),
      }),
    ),
    { name, transport, role: 'measured', points: pointsOf(first, of) },
  ];
}

function pointsOf({ series }: Trial, of: Sample): Point[] {
  if (!series) return [];
  const step = Math.max(1, Math.ceil(series.atMs.length / samplesMax));
  return series.atMs.flatMap((atMs, index) => {
    const y = of(series, index);
    const isLast = index === series.atMs.length - 1;
    return typeof y === 'number' && (index % step === 0 || isLast) ? [{ x: atMs, y }] : [];
  });
}

function backlogModel(lanes: readonly Lane[], { max = 0 }: Axis): LineSeries[] {
  const kernelBytes = kernelShareBytes(lanes) ?? 0;
  return pushModel(lanes, 'model of push', max, (...conditions) => {
    return overwhelmedBacklogBytes(...conditions, kernelBytes) / mebibyte;
  });
}

/**
 * What the kernel's socket buffers had swallowed when the first byte had to wait in the push server:
 * all that had come by then and was not handled. `undefined` where nothing ever waited.
 */
function kernelShareBytes(lanes: readonly Lane[]): number | undefined {
  const push = lanes.find(({ transport }) => transport === 'push')?.trials[0];
  const { series, parameters } = push ?? {};
  const first = series?.longestBacklogBytes.findIndex((bytes) => bytes > 0) ?? -1;
  if (!series || !parameters?.handlingMs || first < 0) return undefined;
  const { ratePerSecond, handlingMs, payloadBytes } = parameters;
  const surplusBytes = overwhelmedBacklogBytes(
    series.atMs[first] ?? 0,
    ratePerSecond,
    1000 / handlingMs,
    payloadBytes,
    0,
  );
  return surplusBytes - (series.longestBacklogBytes[first] ?? 0);
}

function ageModel(lanes: readonly Lane[], { max = 0 }: Axis): LineSeries[] {
  return pushModel(lanes, 'model of all', max, overwhelmedAgeMs);
}

/** A model over time, with the rates that the push trial was run with. */
function pushModel(
  lanes: readonly Lane[],
  name: string,
  durationMs: number,
  model: (elapsedMs: number, ratePerSecond: number, handledPerSecond: number, messageBytes: number) => number,
): LineSeries[] {
  const parameters = lanes.find(({ transport }) => transport === 'push')?.trials[0]?.parameters;
  if (!parameters?.handlingMs) return [];
  const { ratePerSecond, handlingMs, payloadBytes } = parameters;
  const points = Array.from({ length: 41 }, (_, step) => {
    const x = (durationMs * step) / 40;
    return { x, y: model(x, ratePerSecond, 1000 / handlingMs, payloadBytes) };
  });
  return [{ name, transport: 'push', role: 'model', points }];
}

function endList(lanes: readonly Lane[], of: Sample, write: (value: number) => string): string {
  return lanes
    .flatMap((lane) => {
      const last = lane.trials[0] && pointsOf(lane.trials[0], of).at(-1);
      return last ? [`${lane.name} ${write(last.y)}`] : [];
    })
    .join(', ');
}

function cohortTable(lanes: readonly Lane[]): Table {
  return {
    id: 'overwhelmed-table',
    caption:
      'The slow client and its neighbours, run by run. “Waiting” is what nobody had handled at the end.',
    columns: [
      wordColumn('transport'),
      numberColumn('run'),
      wordColumn('clients'),
      numberColumn('how many'),
      numberColumn('expected'),
      numberColumn('delivered'),
      numberColumn('waiting'),
      numberColumn('p50', 'ms'),
      numberColumn('p99', 'ms'),
      numberColumn('max', 'ms'),
      numberColumn('in the server at the end', 'KiB'),
    ],
    rows: lanes.flatMap(({ name, trials }) =>
      trials.flatMap(({ repeat, cohorts = [], series }) =>
        cohorts.map((cohort) => {
          const backlogBytes = cohort.name === 'slow' ? series?.longestBacklogBytes.at(-1) : undefined;
          return [
            wordCell(name),
            countCell(repeat),
            wordCell(cohort.name),
            countCell(cohort.clients),
            countCell(cohort.messages.expected),
            countCell(cohort.messages.delivered),
            countCell(cohort.messages.backlogAtEnd),
            numberCell(cohort.delayMs.p50),
            numberCell(cohort.delayMs.p99),
            numberCell(cohort.delayMs.max),
            numberCell(backlogBytes === undefined ? undefined : backlogBytes / kibibyte),
          ];
        }),
      ),
    ),
  };
}
