import type { Evidence, Experiment } from '../experiment.ts';
import type { Finding, Trial } from '../result.ts';
import { runsForVerdict } from './interval.ts';
import { isSaturated } from './warnings.ts';

/**
 * Judges an experiment by its own rule. Only trials whose books balance and whose fleet was not the
 * bottleneck are evidence; with too few of them the verdict is "inconclusive", and says why.
 */
export function judge(experiment: Experiment, all: Evidence): Finding {
  const usable = usableEvidence(all);
  const { trials } = usable;
  const judged = conclude(experiment, usable, all.trials);
  return {
    experiment: experiment.text.id,
    claim: experiment.text.claim,
    rule: experiment.rule,
    provisional: judged.verdict !== 'inconclusive' && repeats(trials) < runsForVerdict,
    ...judged,
    sentence: repeats(trials) === 1 ? `${judged.sentence} One run.` : judged.sentence,
  };
}

/** A rule that misses a trial it needs throws this; the verdict is then "inconclusive". */
export class NotEnough extends Error {}

/** The evidence without the trials that may not be. */
export function usableEvidence(all: Evidence): Evidence {
  return { ...all, trials: all.trials.filter(isUsable) };
}

/** Whether a trial may be evidence. */
export function isUsable(trial: Trial): boolean {
  return trial.status === 'ok' && !isSaturated(trial);
}

function conclude(
  experiment: Experiment,
  evidence: Evidence,
  all: readonly Trial[],
): ReturnType<Experiment['judge']> {
  try {
    return experiment.judge(evidence);
  } catch (error) {
    if (!(error instanceof NotEnough)) throw error;
    const left = all.filter((trial) => !isUsable(trial));
    const why =
      left.length > 0 ? ` ${left.length} of ${all.length} trials failed or measured the fleet.` : '';
    return { verdict: 'inconclusive', sentence: `${error.message}.${why}`, evidence: [] };
  }
}

function repeats(trials: readonly Trial[]): number {
  return new Set(trials.map((trial) => trial.repeat)).size;
}
