import type { Trial } from '../result.ts';
import { isUsable } from './findings.ts';
import { spread } from './statistics.ts';
import { threeDigits, whole } from './writing.ts';

/**
 * How well the models fit, as a table: what was measured beside what the model gives when it is run on
 * the very messages and the measured distance of the same trials.
 */
export type ModelFit = {
  /** What is compared: "mean latency: short poll every 250 ms, 20 ms away". */
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
  /** A measurement so near to the model fits as well: what a count cannot tell apart. */
  resolution?: (trial: Trial) => number;
  /** Trials that the model is about. */
  isMeant: (trial: Trial) => boolean;
  measured: (trial: Trial) => number | null | undefined;
  model: (trial: Trial) => number | undefined;
};

/** From this crowd on the fan-out takes most of a pushed message's latency on one machine. */
const crowdMin = 200;

/** Without distance the model's mean is nearly zero, and any measurement is far from it. */
const isFar = ({ linkMs, parameters }: Trial) => linkMs !== undefined && (parameters.oneWayMs ?? 0) > 0;
const hasLink = ({ linkMs }: Trial) => linkMs !== undefined;

const meanDelay = {
  of: 'mean latency',
  unit: 'ms',
  measured: ({ delayMs }: Trial) => delayMs.mean,
  model: ({ model }: Trial) => model?.meanMs,
} as const;

/** A request at the edge of the window may fall to either side of it, for each client. */
const requestRate = {
  of: 'requests',
  resolution: ({ clients, durationMs }: Trial) => (clients.count * 1000) / durationMs,
  unit: '/s',
  measured: ({ requests, durationMs }: Trial) => (requests.total * 1000) / durationMs,
  model: ({ model }: Trial) => model?.requestsPerSecond,
} as const;

const kinds: Kind[] = [
  { ...meanDelay, transport: 'short-poll', limit: 3, isMeant: hasLink },
  {
    of: 'empty answers',
    unit: '%',
    transport: 'short-poll',
    limit: 3,
    isMeant: hasLink,
    measured: ({ requests }) => (requests.total > 0 ? (100 * requests.empty) / requests.total : undefined),
    model: ({ model }) => model?.emptyShare && 100 * model.emptyShare,
  },
  { ...meanDelay, transport: 'long-poll', limit: 5, isMeant: isFar },
  { ...requestRate, transport: 'long-poll', limit: 5, isMeant: hasLink },
  { ...meanDelay, transport: 'push', limit: 5, isMeant: isFar },
  { ...meanDelay, transport: 'notify', limit: 5, isMeant: isFar },
  { ...requestRate, transport: 'notify', limit: 5, isMeant: hasLink },
  // The crowd's own work is not in the model: the last clients read while the first handle their message.
  {
    ...meanDelay,
    transport: 'push',
    limit: 25,
    isMeant: ({ linkMs, clients, experiment }) =>
      experiment === 'crowd' && linkMs === undefined && clients.count >= crowdMin,
  },
];

/**
 * The table, from the trials with distance and the crowds: one row for each kind, transport, distance, crowd and
 * rate, over all runs.
 */
export function modelFits(trials: readonly Trial[]): ModelFit[] {
  const usable = trials.filter(isUsable);
  return kinds.flatMap((kind) => {
    const own = usable.filter((trial) => trial.transport === kind.transport && kind.isMeant(trial));
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
  // Rounded, or the difference of two whole counts may come out as a little more than one.
  const resolution = 1.000001 * Math.max(0, ...trials.map((trial) => kind.resolution?.(trial) ?? 0));
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
      fits: Math.abs(deviation) <= kind.limit || Math.abs(value - expected) <= resolution,
      runs: measured.runs,
    },
  ];
}

function meanOf({ interval, median }: NonNullable<ReturnType<typeof spread>>): number {
  return interval?.mean ?? median;
}

const names: Partial<Record<Trial['transport'], string>> = {
  push: 'push',
  'long-poll': 'long poll',
  notify: 'notify, then fetch',
};

function settingOf({ transport, parameters, clients, linkMs }: Trial): string {
  const { intervalMs, oneWayMs = 0, ratePerSecond } = parameters;
  const name = names[transport] ?? `short poll every ${intervalMs} ms`;
  const where = linkMs ? `${oneWayMs} ms away` : `${whole(clients.count)} clients`;
  return `${name}, ${where}, ${threeDigits(ratePerSecond)} messages/s`;
}

/** The comparisons outside their limits, in words: "3 of 26 comparisons with a model are outside their limits: …". */
export function missesInWords(fits: readonly ModelFit[]): string {
  const misses = fits.filter((fit) => !fit.fits);
  if (misses.length === 0)
    return fits.length === 1
      ? 'The one comparison with a model is within its limit.'
      : `All ${fits.length} comparisons with a model are within their limits.`;
  const each = misses.map(
    (fit) => `${fit.what} (${writeDeviation(fit)}, limit ±${fit.limit}${suffixOf(fit.deviationUnit)})`,
  );
  return `${misses.length} of ${fits.length} comparisons with a model ${misses.length === 1 ? 'is outside its limit' : 'are outside their limits'}: ${each.join('; ')}.`;
}

/** "+30.2%" or "−4.0 points". */
export function writeDeviation({
  deviation,
  deviationUnit,
}: Pick<ModelFit, 'deviation' | 'deviationUnit'>): string {
  return `${deviation < 0 ? '−' : '+'}${Math.abs(deviation).toFixed(1)}${suffixOf(deviationUnit)}`;
}

function suffixOf(unit: ModelFit['deviationUnit']): string {
  return unit === '%' ? '%' : ' points';
}
