import type { Trial } from '../result.ts';
import { isUsable } from './findings.ts';
import { spread } from './statistics.ts';

/**
 * How well the models fit, as a table: what was measured beside what the model gives when it is run on
 * the very messages and the measured distance of the same trials.
 */
export type ModelFit = {
  /** What is compared: "mean delay of short poll every 250 ms, 20 ms away". */
  what: string;
  unit: 'ms' | '%' | '/s';
  measured: number;
  model: number;
  /** How far the measurement may lie from the model: in percent of it or, for shares, in points. */
  limit: number;
  /** How far it does, with its sign. In percent of the model or, for shares, in points. */
  deviation: number;
  deviationUnit: '%' | 'points';
  fits: boolean;
  /** Trials that it rests on. */
  runs: number;
};

/** One kind of comparison, with the limit that was set before anything was measured. */
type Kind = {
  of: string;
  unit: ModelFit['unit'];
  transport: Trial['transport'];
  limit: number;
  /** Distances at which it is compared. */
  isMeant: (oneWayMs: number) => boolean;
  measured: (trial: Trial) => number | null | undefined;
  model: (trial: Trial) => number | undefined;
};

const kinds: Kind[] = [
  {
    of: 'mean delay',
    unit: 'ms',
    transport: 'short-poll',
    limit: 3,
    isMeant: () => true,
    measured: ({ delayMs }) => delayMs.mean,
    model: ({ model }) => model?.meanMs,
  },
  {
    of: 'empty answers',
    unit: '%',
    transport: 'short-poll',
    limit: 3,
    isMeant: () => true,
    measured: ({ requests }) => (requests.total > 0 ? (100 * requests.empty) / requests.total : undefined),
    model: ({ model }) => model?.emptyShare && 100 * model.emptyShare,
  },
  {
    of: 'mean delay',
    unit: 'ms',
    transport: 'long-poll',
    limit: 5,
    // Without distance the model's mean is zero, and everything is infinitely far from it.
    isMeant: (oneWayMs) => oneWayMs > 0,
    measured: ({ delayMs }) => delayMs.mean,
    model: ({ model }) => model?.meanMs,
  },
  {
    of: 'requests',
    unit: '/s',
    transport: 'long-poll',
    limit: 5,
    isMeant: () => true,
    measured: ({ requests, durationMs }) => (requests.total * 1000) / durationMs,
    model: ({ model }) => model?.requestsPerSecond,
  },
];

/** The table, from the trials with distance: one row for each kind, transport, distance and rate, over all runs. */
export function modelFits(trials: readonly Trial[]): ModelFit[] {
  const usable = trials.filter((trial) => isUsable(trial) && trial.linkMs !== undefined);
  return kinds.flatMap((kind) => {
    const own = usable.filter(
      ({ transport, parameters }) => transport === kind.transport && kind.isMeant(parameters.oneWayMs ?? 0),
    );
    const settings = new Map<string, Trial[]>();
    for (const trial of own) {
      const key = settingOf(trial);
      settings.set(key, [...(settings.get(key) ?? []), trial]);
    }
    return [...settings].flatMap(([setting, runs]) => fitOf(kind, setting, runs));
  });
}

/** Compares the mean over the runs: the model was run on each of them, so their luck is in both. */
function fitOf(kind: Kind, setting: string, trials: readonly Trial[]): ModelFit[] {
  const measured = spread(trials.map(kind.measured));
  const model = spread(trials.map(kind.model));
  if (!measured || !model) return [];
  const [value, expected] = [meanOf(measured), meanOf(model)];
  const inPoints = kind.unit === '%';
  const deviation = inPoints ? value - expected : (100 * (value - expected)) / expected;
  if (!Number.isFinite(deviation)) return [];
  return [
    {
      what: `${kind.of}: ${setting}`,
      unit: kind.unit,
      measured: value,
      model: expected,
      limit: kind.limit,
      deviation,
      deviationUnit: inPoints ? 'points' : '%',
      fits: Math.abs(deviation) <= kind.limit,
      runs: measured.runs,
    },
  ];
}

function meanOf({ interval, median }: NonNullable<ReturnType<typeof spread>>): number {
  return interval?.mean ?? median;
}

function settingOf({ transport, parameters }: Trial): string {
  const { intervalMs, oneWayMs = 0, ratePerSecond } = parameters;
  const name = transport === 'short-poll' ? `short poll every ${intervalMs} ms` : 'long poll';
  return `${name}, ${oneWayMs} ms away, ${ratePerSecond} messages/s`;
}
