import { isUsable } from '../../bench/analysis/findings.ts';
import { isSaturated } from '../../bench/analysis/warnings.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { type TransportName, transportLooks, transportNames } from '../../clients/transports.ts';
import { counted, writeMs } from '../units.ts';

/**
 * A lane holds the runs that are compared as one: the same transport and, for short polls, the same
 * interval. Charts and tables list lanes in one order everywhere.
 */
export type Lane = {
  name: string;
  transport: TransportName;
  intervalMs?: number;
  /** Not the slowest interval of its transport: drawn thinner, to tell two short polls apart. */
  thin: boolean;
  trials: Trial[];
};

/** The trials of one experiment that may be evidence. */
export function usableTrials(result: Result, experiment: string): Trial[] {
  return result.trials.filter((trial) => trial.experiment === experiment && isUsable(trial));
}

/** Sorts trials into lanes, in the order in which transports are always listed, then by interval. */
export function lanesOf(trials: readonly Trial[]): Lane[] {
  return transportNames.flatMap((transport) => {
    const own = trials.filter((trial) => trial.transport === transport);
    const intervalsMs = [...new Set(own.map(({ parameters }) => parameters.intervalMs))];
    intervalsMs.sort((a, b) => (a ?? 0) - (b ?? 0));
    return intervalsMs.map((intervalMs, index) => ({
      name: laneName(transport, intervalMs),
      transport,
      intervalMs,
      thin: index < intervalsMs.length - 1,
      trials: own.filter(({ parameters }) => parameters.intervalMs === intervalMs),
    }));
  });
}

/** "push (WebSocket)", "short poll every 250 ms". */
export function laneName(transport: TransportName, intervalMs: number | undefined): string {
  const { label } = transportLooks[transport];
  return intervalMs === undefined ? label : `${label} every ${writeMs(intervalMs)}`;
}

/** "push (WebSocket), run 1": a trial in words. */
export function trialName({ transport, parameters, repeat }: Trial): string {
  return `${laneName(transport, parameters.intervalMs)}, run ${repeat}`;
}

/** Says which trials of an experiment are not in its charts, and why; nothing when all are. */
export function leftOutNotes(result: Result, experiment: string): string[] {
  const trials = result.trials.filter((trial) => trial.experiment === experiment);
  const failed = trials.filter(({ status }) => status !== 'ok').length;
  const saturated = trials.filter((trial) => trial.status === 'ok' && isSaturated(trial)).length;
  const notes: string[] = [];
  if (failed > 0)
    notes.push(
      `${counted(failed, 'trial')} of ${trials.length} did not finish and ${are(failed)} not drawn.`,
    );
  if (saturated > 0)
    notes.push(
      `${counted(saturated, 'trial')} of ${trials.length} measured the simulated clients and not the server, and ${are(saturated)} not drawn.`,
    );
  return notes;
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are';
}

/** The middle of several numbers; `undefined` without any. */
export function middle(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[half];
  return sorted.length === 0 ? undefined : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
