import type { Trial } from '../result.ts';
import { isUsable } from './findings.ts';
import { spread } from './statistics.ts';
import { threeDigits, whole } from './writing.ts';

/** The fit of the models: measurements next to a model run on the same messages and the measured one-way delay. */
export type ModelFit = {
  /** The quantity and its condition: "mean latency: short poll every 250 ms, one-way delay 20 ms". */
  what: string;
  unit: 'ms' | '%' | '/s';
  measured: number;
  model: number;
  /** Largest deviation that fits: in percent of the model or, for shares, in points. */
  limit: number;
  /** Measurement minus model, in percent of the model or, for shares, in points. */
  deviation: number;
  deviationUnit: '%' | 'points';
  fits: boolean;
  /** Number of trials. */
  runs: number;
};

/** One kind of comparison. Its limit was set before the first measurement. */
type Kind = {
  of: string;
  unit: ModelFit['unit'];
  transport: Trial['transport'];
  limit: number;
  /** The resolution of a count: a measurement that close to the model fits too. */
  resolution?: (trial: Trial) => number;
  /** The trials that the model describes. */
  isMeant: (trial: Trial) => boolean;
  measured: (trial: Trial) => number | null | undefined;
  model: (trial: Trial) => number | undefined;
};

/** From this number of clients on, the fan-out is most of a pushed message's latency on one machine. */
const crowdMin = 200;

/** Without a one-way delay the model's mean is nearly 0, and any measurement deviates by much. */
const isFar = ({ linkMs, parameters }: Trial) => linkMs !== undefined && (parameters.oneWayMs ?? 0) > 0;
const hasLink = ({ linkMs }: Trial) => linkMs !== undefined;

const meanDelay = {
  of: 'mean latency',
  unit: 'ms',
  measured: ({ delayMs }: Trial) => delayMs.mean,
  model: ({ model }: Trial) => model?.meanMs,
} as const;

/** For each client, a request at the edge of the window counts or not by chance. */
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
    of: 'empty responses',
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
  // The model leaves out the clients' own work: the last clients read while the first handle their message.
  {
    ...meanDelay,
    transport: 'push',
    limit: 25,
    isMeant: ({ linkMs, clients, experiment }) =>
      experiment === 'crowd' && linkMs === undefined && clients.count >= crowdMin,
  },
];

/** One row for each kind, transport, one-way delay, number of clients and rate, over all runs. */
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

/** Compares the means over the runs: the model ran on the messages of each run, so chance affects both. */
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
      what: `${kind.of} of ${setting}`,
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
  notify: 'notify-then-fetch',
};

function settingOf({ transport, parameters, clients, linkMs }: Trial): string {
  const { intervalMs, oneWayMs = 0, ratePerSecond } = parameters;
  const name = names[transport] ?? `short poll every ${intervalMs} ms`;
  const where = linkMs ? `one-way delay ${oneWayMs} ms` : `${whole(clients.count)} clients`;
  return `${name} (${where}, ${threeDigits(ratePerSecond)} messages/s)`;
}

/** The comparisons outside their limits: "3 of 26 comparisons with a model are outside their limits: …". */
export function missesInWords(fits: readonly ModelFit[]): string {
  const misses = fits.filter((fit) => !fit.fits);
  if (misses.length === 0)
    return fits.length === 1
      ? 'The only comparison with a model is within its limit.'
      : `All ${fits.length} comparisons with a model are within their limits.`;
  const each = misses.map(
    (fit) =>
      `${fit.what}: deviation from the model ${writeDeviation(fit)}, limit ±${fit.limit}${suffixOf(fit.deviationUnit)}`,
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
