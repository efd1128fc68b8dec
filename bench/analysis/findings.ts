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
  const runs = repeats(usable);
  const judged = conclude(experiment, usable, all.trials.filter(isMeant));
  return {
    experiment: experiment.text.id,
    claim: experiment.text.claim,
    rule: experiment.rule,
    provisional: judged.verdict !== 'inconclusive' && runs < runsForVerdict,
    ...judged,
    sentence: runs === 1 ? `${judged.sentence} One run.` : judged.sentence,
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
  return isMeant(trial) && trial.status === 'ok' && !isSaturated(trial);
}

/** Whether a trial was meant as evidence, and not only to be looked at. */
export function isMeant({ parameters }: Trial): boolean {
  return !parameters.traced;
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

/** How often everything was run. A probe that is repeated says so among its values. */
function repeats({ trials, probes }: Evidence): number {
  const ofTrials = new Set(trials.map(({ repeat }) => repeat)).size;
  const ofProbes = new Set(probes.flatMap(({ values }) => values.repeat ?? [])).size;
  return Math.max(ofTrials, ofProbes);
}
