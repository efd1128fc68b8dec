import { isMeant, isUsable } from '../../bench/analysis/findings.ts';
import { isSaturated } from '../../bench/analysis/warnings.ts';
import { knobLabels } from '../../bench/knobs.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { type AnyTransportName, anyTransportNames, transportLooks } from '../../clients/transports.ts';
import { counted, writeMs } from '../units.ts';

/** Runs that are compared as one: a bar, a line or a row of a table. */
export type Group<Run = Trial> = { name: string; transport: AnyTransportName; runs: readonly Run[] };

/**
 * A group of the same transport, for short polls the same interval, and the same of everything else that trials
 * may differ in. Charts and tables list lanes in one order.
 */
export type Lane = Group & {
  intervalMs?: number;
  /** Not the slowest interval of its kind: drawn thinner, to tell two short polls apart. */
  thin: boolean;
  /** Another kind of its transport than the usual one: drawn dotted. */
  dotted: boolean;
};

/** What may tell two lanes of one transport apart beside the interval, in words. The usual case needs none. */
export const differences: ((trial: Pick<Trial, 'contract' | 'parameters'>) => string)[] = [
  ({ contract }) => (contract === 'every' ? 'every message' : latestOnly),
  ({ parameters }) => frameworkNames[parameters.framework ?? 'none'],
  ({ parameters }) => (parameters.coalesce === false ? 'uncoalesced' : ''),
  ({ parameters }) => parameters.policy ?? '',
  ...knobLabels.map(
    (label) =>
      ({ parameters }: Pick<Trial, 'parameters'>) =>
        label(parameters),
  ),
  ({ parameters }) => (parameters.prefetch === undefined ? '' : prefetchName(parameters.prefetch)),
  ({ parameters }) => (parameters.qos === undefined ? '' : `QoS ${parameters.qos}`),
];

const latestOnly = 'latest only';

/** How many messages a broker's consumer may have unacknowledged, in words. */
function prefetchName(prefetch: number): string {
  return prefetch === 0 ? 'no prefetch' : `prefetch ${prefetch}`;
}

const frameworkNames = { express: 'on Express', http: 'on bare HTTP', none: '' };

/** The trials of one experiment that may be evidence. */
export function usableTrials(result: Result, experiment: string): Trial[] {
  return result.trials.filter((trial) => trial.experiment === experiment && isUsable(trial));
}

/**
 * Sorts trials into lanes, in the order in which transports are always listed, then by interval. A lane is
 * named by what its transport's trials differ in, and as "latest only" wherever others get every message:
 * who wants less pays less.
 */
export function lanesOf(trials: readonly Trial[]): Lane[] {
  const contractsDiffer = differ(trials, ({ contract }) => contract);
  return anyTransportNames.flatMap((transport) => {
    const own = trials.filter((trial) => trial.transport === transport);
    const telling = differences.filter((wordsFor) => differ(own, wordsFor));
    const kindOf = (trial: Trial) => {
      const words = telling.map((wordsFor) => wordsFor(trial)).filter(Boolean);
      const isLess = contractsDiffer && trial.contract === 'latest' && !words.includes(latestOnly);
      return [...(isLess ? [latestOnly] : []), ...words].join(', ');
    };
    return lanesOfTransport(transport, own, kindOf);
  });
}

function differ(trials: readonly Trial[], of: (trial: Trial) => string): boolean {
  return new Set(trials.map(of)).size > 1;
}

function lanesOfTransport(
  transport: AnyTransportName,
  own: readonly Trial[],
  kindOf: (trial: Trial) => string,
): Lane[] {
  const kinds = [...new Set(own.map(kindOf))];
  const size = (kind: string) => own.filter((trial) => kindOf(trial) === kind).length;
  // The kind with the most trials is the usual one; where there are as many of several, the first.
  const usual = kinds.toSorted((a, b) => size(b) - size(a))[0];
  const intervalsOf = (kind: string | undefined) =>
    distinct(own.filter((trial) => kind === undefined || kindOf(trial) === kind).map(intervalOf));
  return intervalsOf(undefined).flatMap((intervalMs) =>
    kinds.flatMap((kind) => {
      const lane = own.filter((trial) => intervalOf(trial) === intervalMs && kindOf(trial) === kind);
      if (lane.length === 0) return [];
      return [
        {
          name: [laneName(transport, intervalMs), kind].filter(Boolean).join(', '),
          transport,
          intervalMs,
          thin: intervalMs !== intervalsOf(kind).at(-1),
          dotted: kind !== usual,
          runs: lane,
        },
      ];
    }),
  );
}

function intervalOf({ parameters }: Trial): number | undefined {
  return parameters.intervalMs;
}

/** Each value once, sorted; `undefined` counts as nothing. */
export function distinct<Value extends number | undefined>(values: readonly Value[]): Value[] {
  return [...new Set(values)].sort((a, b) => (a ?? 0) - (b ?? 0));
}

/** Runs by what `of` reads from them, the smallest first. */
export function byValue<Run>(
  runs: readonly Run[],
  of: (run: Run) => number | null | undefined,
): { at: number; runs: Run[] }[] {
  const read = (run: Run) => of(run) ?? 0;
  return distinct(runs.map(read)).map((at) => ({ at, runs: runs.filter((run) => read(run) === at) }));
}

/** Groups split by what `of` reads from their runs: the rows of a table. */
export function splitBy<Run, Of extends Group<Run>>(
  groups: readonly Of[],
  of: (run: Run) => number | null | undefined,
): (Of & { at: number; runs: Run[] })[] {
  return groups.flatMap((group) => byValue(group.runs, of).map((part) => ({ ...group, ...part })));
}

/** "push (WebSocket)", "short poll every 250 ms". */
export function laneName(transport: AnyTransportName, intervalMs: number | undefined): string {
  const { label } = transportLooks[transport];
  return intervalMs === undefined ? label : `${label} every ${writeMs(intervalMs)}`;
}

/** "push (WebSocket), run 1": a trial in words. */
export function trialName({ transport, parameters, repeat }: Trial): string {
  return `${laneName(transport, parameters.intervalMs)}, run ${repeat}`;
}

/** Says which trials of an experiment are not in its charts, and why; nothing when all are. */
export function leftOutNotes(result: Result, experiment: string): string[] {
  const trials = result.trials.filter((trial) => trial.experiment === experiment && isMeant(trial));
  const failed = trials.filter(({ status }) => status !== 'ok').length;
  const saturated = trials.filter((trial) => trial.status === 'ok' && isSaturated(trial)).length;
  const notes: string[] = [];
  if (failed > 0)
    notes.push(
      `The charts leave out ${failed} of ${counted(trials.length, 'trial')}: these trials did not finish.`,
    );
  if (saturated > 0)
    notes.push(
      `The charts leave out ${saturated} of ${counted(trials.length, 'trial')}: the load generator was saturated.`,
    );
  return notes;
}

/** The middle of several numbers; `undefined` without any. */
export function middle(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[half];
  return sorted.length === 0 ? undefined : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
