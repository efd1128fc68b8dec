import { overwhelmedBacklogBytes } from '../../bench/analysis/models.ts';
import type { Series, Trial } from '../../bench/result.ts';
import { mebibyte, sentencePer, threeDigits, writeBytes } from '../units.ts';
import type { Axis, Figure, LinePanel, LineSeries, Point } from './figure.ts';
import { type Case, casesOf, overloadOf, pointsOf, ratesOf } from './overwhelmed-cases.ts';
import { kernelShareBytes } from './overwhelmed-time.ts';
import { numberCell, numberColumn, type Table, wordCell, wordColumn } from './table.ts';

/** Points of a line that spans the page. */
const pointsMax = 60;

/** Bounds that run side by side on one server have one line of memory, and queues too short to tell apart. */
const everyLimit = 'with a queue limit';

/** Does memory stay flat over a minute of overload, and does the queue grow as λ − μ says? */
export function minuteFigure(trials: readonly Trial[]): Figure | undefined {
  const cases = casesOf(trials);
  if (cases.length === 0) return undefined;
  const x: Axis = {
    title: 'Time since the start',
    scale: 'linear',
    unit: 'ms',
    min: 0,
    max: Math.max(...trials.map(({ durationMs }) => durationMs)),
  };
  return {
    id: 'overwhelmed-minute',
    title: 'A minute of overload: memory and send queue',
    notes: [
      'Trials on the same server share its memory, so the chart has one line for all of them. Thin dotted line: the model of an unbounded queue, which grows by λ − μ, send rate minus handling rate. The model starts when the kernel’s socket buffers are full. All queues with a limit stay close to 0.',
    ],
    panels: [memoryPanel(trials, x), queuePanel(cases, x)],
    table: minuteTable(cases),
  };
}

/** Servers with a bound are dotted, so that two lines of one transport are told apart. */
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
    y: { title: 'Resident memory (MiB)', scale: 'linear', unit: 'number', min: 0 },
    series: servers.map(
      ({ first, name, isOpen }): LineSeries => ({
        name,
        transport: first.transport,
        role: 'measured',
        dotted: !isOpen,
        points: pointsOf(first, memoryMebibytes, pointsMax),
      }),
    ),
    labels: 'end',
  };
}

function queuePanel(cases: readonly Case[], x: Axis): LinePanel {
  const lines = cases.flatMap(({ name, transport, mixes }) => {
    const trial = mixes[0]?.trials[0];
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
    y: { title: 'Send queue (MiB)', scale: 'linear', unit: 'number', min: 0 },
    ...(shade && { shade }),
    series: [
      ...(open
        ? [
            {
              name: 'model: λ − μ',
              transport: open.transport,
              role: 'model' as const,
              points: queueModel(open),
            },
          ]
        : []),
      ...lines.map(
        ({ name, transport, trial }): LineSeries => ({
          name: isUnbounded(trial) ? name : everyLimit,
          transport,
          role: 'measured',
          dotted: !isUnbounded(trial),
          unnamed: !isUnbounded(trial) && trial !== firstBounded,
          points: pointsOf(trial, queueMebibytes, pointsMax),
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

function memoryMebibytes({ rssBytes }: Series, index: number): number {
  return (rssBytes[index] ?? 0) / mebibyte;
}

function queueMebibytes({ longestBacklogBytes }: Series, index: number): number {
  return (longestBacklogBytes[index] ?? 0) / mebibyte;
}

function queueModel(trial: Trial): Point[] {
  const shade = overloadOf(trial);
  const rates = ratesOf(trial);
  if (!shade || !rates) return [];
  const kernelBytes = kernelShareBytes(trial) ?? 0;
  const { payloadBytes } = trial.parameters;
  const perMs = Math.max(1e-9, ((rates.due - rates.handled) * payloadBytes) / 1000);
  return [0, Math.min(kernelBytes / perMs, shade.to - shade.from), shade.to - shade.from].map(
    (elapsedMs) => ({
      x: shade.from + elapsedMs,
      y: overwhelmedBacklogBytes(elapsedMs, rates.due, rates.handled, payloadBytes, kernelBytes) / mebibyte,
    }),
  );
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

function minuteTable(cases: readonly Case[]): Table {
  return {
    id: 'overwhelmed-minute-table',
    caption:
      'Memory growth: the mean of the last third of the run compared with the middle third. Queue growth: measured rate divided by the predicted rate, λ − μ.',
    columns: [
      wordColumn('policy'),
      wordColumn('slow clients'),
      numberColumn('memory at the end', 'MiB'),
      numberColumn('memory growth', '%'),
      numberColumn('send queue at the end', 'MiB'),
      numberColumn('queue growth ÷ (λ − μ)'),
    ],
    rows: cases.flatMap(({ name, mixes }) =>
      mixes.flatMap(({ words, trials }) =>
        trials.map((trial) => {
          const growth = memoryGrowth(trial);
          return [
            wordCell(name),
            wordCell(words),
            numberCell((trial.series?.rssBytes.at(-1) ?? 0) / mebibyte),
            numberCell(growth === undefined ? undefined : 100 * growth),
            numberCell((trial.series?.longestBacklogBytes.at(-1) ?? 0) / mebibyte),
            numberCell(queueGrowth(trial)),
          ];
        }),
      ),
    ),
  };
}
