import { figuresUnder } from '../../bench/analysis/figures.ts';
import type { Figure, Result, Trial } from '../../bench/result.ts';
import { type TransportName, transportLooks } from '../../clients/transports.ts';
import { counted, writeBytes, writeMs } from '../units.ts';

/**
 * Transport by criterion, from the figures of a result: one table that an engineer can choose by. A cell knows the
 * trials that its figure comes from.
 */
export type Scorecard = { columns: ScoreColumn[]; rows: ScoreRow[]; runs: string };

/** `note`: the conditions under the column's title. */
export type ScoreColumn = { id: string; title: string; note: string };

export type ScoreRow = { transport: TransportName; name: string; cells: (ScoreCell | undefined)[] };

/** `note`: where this cell's condition differs from its column's or row's. */
export type ScoreCell = { text: string; value: number; note?: string; runs: number; trials: string[] };

/** A criterion: the experiment's figures whose names begin with `figure` and go on with a transport. */
type Criterion = {
  id: string;
  experiment: string;
  figure: string;
  title: string;
  note(parameters: Trial['parameters'], result: Result): string;
  write(value: number): string;
};

const rows: readonly TransportName[] = ['push', 'sse', 'notify', 'long-poll', 'short-poll'];

const writeLatency = (ms: number) => writeMs(rounded(ms));
const writeNumber = (value: number) => String(rounded(value));
const clientsOf = ({ clients }: Trial['parameters']) => counted(clients, 'client');

const criteria: readonly Criterion[] = [
  {
    id: 'latency',
    experiment: 'freshness',
    figure: 'medianTogether',
    title: 'latency p50',
    note: () => 'all transports at once, over loopback',
    write: writeLatency,
  },
  {
    id: 'distance',
    experiment: 'distance',
    figure: 'median',
    title: 'latency p50 far away',
    note: ({ oneWayMs, ratePerSecond }) => `one-way delay ${oneWayMs} ms, ${ratePerSecond} messages/s`,
    write: writeLatency,
  },
  {
    id: 'idle-requests',
    experiment: 'idle-cost',
    figure: 'requestsPerSecond',
    title: 'requests when idle',
    note: (parameters) => `per second, ${clientsOf(parameters)}`,
    write: writeNumber,
  },
  {
    id: 'idle-cpu',
    experiment: 'idle-cost',
    figure: 'serverCpu',
    title: 'server CPU when idle',
    note: (parameters) => `ms per second, ${clientsOf(parameters)}`,
    write: writeNumber,
  },
  {
    id: 'memory',
    experiment: 'idle-cost',
    figure: 'memory',
    title: 'memory per client',
    note: () => 'heap and buffers, plaintext',
    write: (kibibytes) => writeBytes(roundedBytes(kibibytes * 1024)),
  },
  {
    id: 'slow-consumer',
    experiment: 'overwhelmed',
    figure: 'longestQueue',
    title: 'queued for a slow consumer',
    note: () => 'largest send queue',
    write: (mebibytes) => writeBytes(roundedBytes(mebibytes * 1024 ** 2)),
  },
  {
    id: 'offline',
    experiment: 'offline',
    figure: 'missed/cursor',
    title: 'lost while offline',
    note: ({ awayMs = 0 }) => `messages per client, offline for ${awayMs / 1000} s, with a log`,
    write: writeNumber,
  },
  {
    id: 'proxies',
    experiment: 'path',
    figure: 'proxiesPassed',
    title: 'proxies passed',
    note: (_, result) =>
      `of ${Math.max(...figuresUnder(result, 'path', 'proxySettings').map(({ value }) => value))} settings`,
    write: writeNumber,
  },
];

/** A figure, and the parameters of its trials. */
type Measured = Figure & { parameters: Trial['parameters'] };

/** Undefined for a result that has none of it. */
export function scorecardOf(result: Result): Scorecard | undefined {
  const parameters = new Map(result.trials.map((trial) => [trial.id, trial.parameters]));
  const measured = criteria.flatMap((criterion) => {
    const figures = rows.map((transport) =>
      figuresUnder(result, criterion.experiment, `${criterion.figure}/${transport}`).flatMap((figure) => {
        const own = parameters.get(figure.trials[0] ?? '');
        return own ? [{ ...figure, parameters: own }] : [];
      }),
    );
    const [first] = figures.flat();
    return first ? [{ criterion, figures, note: criterion.note(first.parameters, result) }] : [];
  });
  const intervalMs = slowestInterval(measured[0]?.figures.flat() ?? []);
  const scored = rows.flatMap((transport, place) => {
    const cells = measured.map(({ criterion, figures }) =>
      cellOf(criterion, figures[place] ?? [], intervalMs),
    );
    const name =
      transport === 'short-poll' && intervalMs !== undefined
        ? `short poll every ${writeMs(intervalMs)}`
        : transportLooks[transport].label;
    return cells.some(Boolean) ? [{ transport, name, cells }] : [];
  });
  if (scored.length === 0) return undefined;
  return {
    runs: runsInWords(scored.flatMap(({ cells }) => cells.flatMap((cell) => cell?.runs ?? []))),
    rows: scored,
    columns: measured.map(({ criterion: { id, title }, note }) => ({ id, title, note })),
  };
}

/** Of several conditions, the short poll at the interval of its row, and push without a queue limit. */
function cellOf({ id, write }: Criterion, own: readonly Measured[], rowMs?: number): ScoreCell | undefined {
  const slowestMs = slowestInterval(own);
  const wantedMs = own.some(({ parameters }) => parameters.intervalMs === rowMs) ? rowMs : slowestMs;
  const atInterval = own.filter(({ parameters }) => parameters.intervalMs === wantedMs);
  const chosen = atInterval.find(({ parameters }) => parameters.policy === 'unbounded') ?? atInterval[0];
  if (!chosen) return undefined;
  const { value, runs, trials, parameters } = chosen;
  const { intervalMs, policy, limitBytes } = parameters;
  const dependsOnInterval = !['slow-consumer', 'offline', 'proxies'].includes(id);
  const notes = [
    ...(dependsOnInterval && intervalMs !== undefined && intervalMs !== rowMs
      ? [`every ${writeMs(intervalMs)}`]
      : []),
    ...(policy === 'unbounded' ? ['no limit'] : []),
    ...(policy !== 'unbounded' && limitBytes !== undefined ? [`limit ${writeBytes(limitBytes)}`] : []),
  ];
  return {
    text: write(value),
    value,
    runs,
    ...(notes.length > 0 && { note: notes.join(', ') }),
    trials,
  };
}

function slowestInterval(own: readonly Measured[]): number | undefined {
  const intervals = own.flatMap(({ parameters }) => parameters.intervalMs ?? []);
  return intervals.length > 0 ? Math.max(...intervals) : undefined;
}

/** Two significant digits: a run has no more to say. */
function rounded(value: number): number {
  return Number(value.toPrecision(2));
}

/** The same of bytes, in the unit in which they are written. */
function roundedBytes(bytes: number): number {
  const unit = 1024 ** Math.floor(Math.log2(Math.max(1, bytes)) / 10);
  return rounded(bytes / unit) * unit;
}

/** "1 run", or the median of several. */
function runsInWords(runs: readonly number[]): string {
  const [low, high] = [Math.min(...runs), Math.max(...runs)];
  if (high === 1) return 'Each cell is 1 run.';
  return low === high
    ? `Each cell is the median of ${high} runs.`
    : `Each cell is the median of ${low} to ${high} runs.`;
}
