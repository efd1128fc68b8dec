import { median } from 'simple-statistics';
import type { Result, Trial } from '../result.ts';
import { isUsable } from './findings.ts';

/** Two runs are comparable if all of this is the same. */
export type Condition = Pick<Trial, 'experiment' | 'transport' | 'contract' | 'parameters'> & {
  /** Whether other transports had clients on the same source at the same time. */
  sideBySide: boolean;
};

/** A condition and its usable runs. */
export type MeasuredCondition = { condition: Condition; runs: Trial[] };

/**
 * The conditions of a result that have usable runs, by a key that is the same in another result for the
 * same condition: experiment, transport, contract, parameters, and the other trials on the same source.
 * These are load, so three of them are another condition than five.
 */
export function conditionsOf({ trials }: Result): Map<string, MeasuredCondition> {
  const companions = new Map<string, Trial[]>();
  for (const trial of trials)
    companions.set(trial.together, [...(companions.get(trial.together) ?? []), trial]);
  const conditions = new Map<string, MeasuredCondition>();
  for (const trial of trials.filter(isUsable)) {
    const { experiment, transport, contract, parameters, together } = trial;
    const others = (companions.get(together) ?? [trial]).filter((other) => other !== trial).map(ownKey);
    const key = [experiment, ownKey(trial), ...others.sort()].join('\n');
    const sideBySide = others.length > 0;
    const known = conditions.get(key) ?? {
      condition: { experiment, transport, contract, parameters, sideBySide },
      runs: [],
    };
    known.runs.push(trial);
    conditions.set(key, known);
  }
  return conditions;
}

/** Whether the windows of two sets of runs have the same length, apart from late timers. */
export function haveSameWindow(a: readonly Trial[], b: readonly Trial[]): boolean {
  const [before, after] = [a, b].map((runs) => median(runs.map(({ durationMs }) => durationMs))) as [
    number,
    number,
  ];
  return Math.abs(before - after) <= windowTolerance * Math.max(before, after);
}

/** As a share of the longer window. */
const windowTolerance = 0.05;

/** The part of the key for one trial. Parameters are sorted: their order in a file has no meaning. */
function ownKey({ transport, contract, parameters }: Trial): string {
  const sorted = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([transport, contract, sorted]);
}
