import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { type TransportName, transportLooks } from '../../clients/transports.ts';
import { counted, writeBytes, writeMs } from '../units.ts';
import { usableTrials } from './lanes.ts';

/**
 * Transport by criterion, from what the run has: one table that an engineer can choose by. Each cell is the median
 * over the runs of one condition, and knows the trials that it comes from.
 */
export type Scorecard = { columns: ScoreColumn[]; rows: ScoreRow[]; runs: string };

/** `note`: the conditions under the column's title. */
export type ScoreColumn = { id: string; title: string; note: string };

export type ScoreRow = { transport: TransportName; name: string; cells: (ScoreCell | undefined)[] };

/** `note`: where this cell's condition differs from its column's or row's. */
export type ScoreCell = { text: string; value: number; note?: string; runs: number; trials: string[] };

/** A criterion: which trials are about it, and what is read from each. */
type Criterion = {
  id: string;
  experiment: string;
  title: string;
  note(trials: readonly Trial[]): string;
  isAbout(trial: Trial, all: readonly Trial[]): boolean;
  read(trial: Trial): number | null | undefined;
  write(value: number): string;
  /** Whether the interval of a short poll changes the value. */
  dependsOnInterval?: boolean;
};

const rows: readonly TransportName[] = ['push', 'sse', 'notify', 'long-poll', 'short-poll'];

const perSecond = (value: number, { durationMs }: Trial) => (1000 * value) / durationMs;

const criteria: readonly Criterion[] = [
  {
    id: 'latency',
    experiment: 'freshness',
    title: 'latency p50',
    note: () => 'all transports at once, over loopback',
    isAbout: ({ parameters, together }, all) => parameters.traced !== true && isSideBySide(together, all),
    read: ({ delayMs }) => delayMs.p50,
    write: (ms) => writeMs(rounded(ms)),
    dependsOnInterval: true,
  },
  {
    id: 'distance',
    experiment: 'distance',
    title: 'latency p50 far away',
    note: (trials) => `one-way delay ${farthest(trials)} ms, ${busiest(trials)} messages/s`,
    isAbout: ({ parameters }, all) =>
      parameters.oneWayMs === farthest(all) && parameters.ratePerSecond === busiest(all),
    read: ({ delayMs }) => delayMs.p50,
    write: (ms) => writeMs(rounded(ms)),
    dependsOnInterval: true,
  },
  {
    id: 'idle-requests',
    experiment: 'idle-cost',
    title: 'requests when idle',
    note: (trials) => `per second, ${clientsOf(trials)}`,
    isAbout: () => true,
    read: (trial) => perSecond(trial.requests.total, trial),
    write: (value) => String(rounded(value)),
    dependsOnInterval: true,
  },
  {
    id: 'idle-cpu',
    experiment: 'idle-cost',
    title: 'server CPU when idle',
    note: (trials) => `ms per second, ${clientsOf(trials)}`,
    isAbout: () => true,
    read: (trial) => perSecond(trial.server.cpuMs, trial),
    write: (value) => String(rounded(value)),
    dependsOnInterval: true,
  },
  {
    id: 'memory',
    experiment: 'idle-cost',
    title: 'memory per client',
    note: () => 'heap and buffers, plaintext',
    isAbout: () => true,
    read: ({ server }) => server.memoryPerClientBytes,
    write: (bytes) => writeBytes(roundedBytes(bytes)),
    dependsOnInterval: true,
  },
  {
    id: 'slow-consumer',
    experiment: 'overwhelmed',
    title: 'queued for a slow consumer',
    note: () => 'longest send queue',
    isAbout: ({ parameters, durationMs }) =>
      (parameters.slowClients ?? 1) === 1 &&
      durationMs < 60_000 &&
      ['none', 'unbounded', 'drop-oldest'].includes(parameters.policy ?? 'none'),
    read: ({ series }) => series && Math.max(0, ...series.longestBacklogBytes),
    write: (bytes) => writeBytes(roundedBytes(bytes)),
  },
  {
    id: 'offline',
    experiment: 'offline',
    title: 'lost while offline',
    note: (trials) => `messages per client, offline for ${longestAway(trials) / 1000} s, with a log`,
    isAbout: ({ parameters }, all) =>
      parameters.replay === true &&
      parameters.retentionMs === undefined &&
      parameters.awayMs === longestAway(all),
    read: ({ messages, clients }) => messages.missed / clients.count,
    write: (value) => String(rounded(value)),
  },
];

/** Undefined for a result that has none of it. */
export function scorecardOf(result: Result): Scorecard | undefined {
  const measured = criteria.flatMap((criterion) => {
    const all = usableTrials(result, criterion.experiment);
    const trials = all.filter((trial) => criterion.isAbout(trial, all));
    return trials.length > 0 ? [{ criterion, trials }] : [];
  });
  const proxies = usableTrials(result, 'path').filter(({ parameters }) => parameters.path !== 'direct');
  if (measured.length === 0 && proxies.length === 0) return undefined;
  const [first] = measured;
  const intervalMs = slowestInterval(first?.trials ?? []);
  const shown = rows.filter((transport) =>
    [...measured.flatMap(({ trials }) => trials), ...proxies].some((trial) => trial.transport === transport),
  );
  const scored = shown.map((transport) => ({
    transport,
    name:
      transport === 'short-poll' && intervalMs !== undefined
        ? `short poll every ${writeMs(intervalMs)}`
        : transportLooks[transport].label,
    cells: [
      ...measured.map(({ criterion, trials }) => cellOf(criterion, of(transport, trials), intervalMs)),
      ...(proxies.length > 0 ? [proxiesPassed(of(transport, proxies))] : []),
    ],
  }));
  return {
    runs: runsInWords(scored.flatMap(({ cells }) => cells.flatMap((cell) => cell?.runs ?? []))),
    rows: scored,
    columns: [
      ...measured.map(({ criterion: { id, title, note }, trials }) => ({ id, title, note: note(trials) })),
      ...(proxies.length > 0
        ? [{ id: 'proxies', title: 'proxies passed', note: `of ${cellsPerTransport(proxies)} settings` }]
        : []),
    ],
  };
}

function of(transport: TransportName, trials: readonly Trial[]): Trial[] {
  return trials.filter((trial) => trial.transport === transport);
}

function cellOf(
  { read, write, dependsOnInterval }: Criterion,
  own: readonly Trial[],
  rowMs: number | undefined,
): ScoreCell | undefined {
  const intervalMs = own.some(({ parameters }) => parameters.intervalMs === rowMs)
    ? rowMs
    : slowestInterval(own);
  const policies = own.map(({ parameters }) => parameters.policy);
  const policy = policies.includes('unbounded') ? 'unbounded' : policies[0];
  const chosen = own.filter(
    ({ parameters }) => parameters.intervalMs === intervalMs && parameters.policy === policy,
  );
  const found = spread(chosen.map(read));
  if (!found) return undefined;
  const limitBytes = chosen[0]?.parameters.limitBytes;
  const notes = [
    ...(dependsOnInterval && intervalMs !== undefined && intervalMs !== rowMs
      ? [`every ${writeMs(intervalMs)}`]
      : []),
    ...(policy === 'unbounded' ? ['no limit'] : []),
    ...(policy !== 'unbounded' && limitBytes !== undefined ? [`limit ${writeBytes(limitBytes)}`] : []),
  ];
  return {
    text: write(found.median),
    value: found.median,
    runs: found.runs,
    ...(notes.length > 0 && { note: notes.join(', ') }),
    trials: chosen.map(({ id }) => id),
  };
}

/** A proxy setting is passed where every message came in time, without a loss of connection, in every run. */
function proxiesPassed(own: readonly Trial[]): ScoreCell | undefined {
  if (own.length === 0) return undefined;
  const settings = [...new Set(own.map(settingOf))];
  const passed = settings.filter((setting) =>
    own.every((trial) => settingOf(trial) !== setting || trial.path?.outcome === 'works'),
  ).length;
  const runs = Math.round(own.length / settings.length);
  return { text: `${passed}`, value: passed, runs, trials: own.map(({ id }) => id) };
}

function settingOf({ parameters: { path, proxy } }: Trial): string {
  return `${path} ${proxy}`;
}

function cellsPerTransport(proxies: readonly Trial[]): number {
  return new Set(proxies.map(settingOf)).size;
}

function isSideBySide(together: string, all: readonly Trial[]): boolean {
  return new Set(all.filter((one) => one.together === together).map(({ transport }) => transport)).size > 2;
}

function slowestInterval(trials: readonly Trial[]): number | undefined {
  const intervals = trials.flatMap(({ parameters }) => parameters.intervalMs ?? []);
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

const farthest = (trials: readonly Trial[]) =>
  Math.max(...trials.map(({ parameters }) => parameters.oneWayMs ?? 0));
const busiest = (trials: readonly Trial[]) =>
  Math.max(...trials.map(({ parameters }) => parameters.ratePerSecond));
const longestAway = (trials: readonly Trial[]) =>
  Math.max(
    ...trials
      .filter(({ parameters }) => parameters.retentionMs === undefined)
      .map(({ parameters }) => parameters.awayMs ?? 0),
  );
const clientsOf = (trials: readonly Trial[]) => counted(trials[0]?.clients.count ?? 0, 'client');
