import { median } from 'simple-statistics';
import type { Result, Trial } from '../result.ts';
import { isUsable } from './findings.ts';

/** What has to be the same in two runs before their numbers may be held against each other. */
export type Condition = Pick<Trial, 'experiment' | 'transport' | 'contract' | 'parameters'> & {
  /** Whether others had clients on the same source at the same time. */
  sideBySide: boolean;
};

/** A condition and the runs of it that may be evidence. */
export type MeasuredCondition = { condition: Condition; runs: Trial[] };

/**
 * The conditions of a result that have usable runs, by a key that is the same in another result for the
 * same condition: experiment, transport, contract, parameters, and the very others that ran beside it.
 * Others are load, so beside three of them is not the same condition as beside five.
 */
export function conditionsOf({ trials }: Result): Map<string, MeasuredCondition> {
  const company = new Map<string, Trial[]>();
  for (const trial of trials) company.set(trial.together, [...(company.get(trial.together) ?? []), trial]);
  const conditions = new Map<string, MeasuredCondition>();
  for (const trial of trials.filter(isUsable)) {
    const { experiment, transport, contract, parameters, together } = trial;
    const beside = company.get(together) ?? [trial];
    const others = beside.filter((other) => other !== trial).map(ownKey);
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

/** Whether the windows of two sets of runs are of one length, give or take what a timer is late by. */
export function haveSameWindow(a: readonly Trial[], b: readonly Trial[]): boolean {
  const [before, after] = [a, b].map((runs) => median(runs.map(({ durationMs }) => durationMs))) as [
    number,
    number,
  ];
  return Math.abs(before - after) <= windowTolerance * Math.max(before, after);
}

/** As a share of the longer window. */
const windowTolerance = 0.05;

/** A trial's own part of the key. Parameters are sorted: their order in a file says nothing. */
function ownKey({ transport, contract, parameters }: Trial): string {
  const sorted = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([transport, contract, sorted]);
}
