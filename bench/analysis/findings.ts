import type { Evidence, Experiment } from '../experiment.ts';
import type { Finding, Trial } from '../result.ts';
import { runsForVerdict } from './interval.ts';
import { isSaturated } from './warnings.ts';

/** A trial with fewer messages says nothing about what a message costs or how late it is. */
export const messagesMin = 3;

/**
 * Judges an experiment by its own rule. Only trials whose delivery accounting is exact, whose load generator
 * kept up and that had three messages or more are evidence; with too few of them the verdict is
 * "inconclusive", and says why.
 */
export function judge(experiment: Judged, all: Evidence): Finding {
  const usable = usableEvidence(all);
  const judged = conclude(experiment, usable, all.trials.filter(isMeant));
  return {
    experiment: experiment.text.id,
    claim: experiment.text.claim,
    rule: experiment.rule,
    provisional: judged.verdict !== 'inconclusive' && repeats(usable) < runsForVerdict,
    ...judged,
  };
}

/** What is needed of an experiment once it has been run. */
type Judged = Pick<Experiment, 'text' | 'rule' | 'judge'>;

/** A rule that misses a trial it needs throws this; the verdict is then "inconclusive". */
export class NotEnough extends Error {}

/** The evidence without the trials that may not be. */
export function usableEvidence(all: Evidence): Evidence {
  return { ...all, trials: all.trials.filter((trial) => isUsable(trial) && hasMessages(trial)) };
}

function hasMessages({ parameters, appended }: Trial): boolean {
  return parameters.ratePerSecond === 0 || appended >= messagesMin;
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
  experiment: Judged,
  evidence: Evidence,
  all: readonly Trial[],
): ReturnType<Judged['judge']> {
  try {
    return experiment.judge(evidence);
  } catch (error) {
    if (!(error instanceof NotEnough)) throw error;
    const left = all.filter((trial) => !isUsable(trial)).length;
    const few = all.filter((trial) => isUsable(trial) && !hasMessages(trial)).length;
    const why = [
      left > 0 ? ` ${left} of ${all.length} trials failed or were limited by the load generator.` : '',
      few > 0 ? ` ${few} of ${all.length} trials had fewer than ${messagesMin} messages.` : '',
    ].join('');
    return { verdict: 'inconclusive', sentence: `${error.message}.${why}`, evidence: [] };
  }
}

/** How often everything was run. A probe that is repeated says so among its values. */
function repeats({ trials, probes }: Evidence): number {
  const ofTrials = new Set(trials.map(({ repeat }) => repeat)).size;
  const ofProbes = new Set(probes.flatMap(({ values }) => values.repeat ?? [])).size;
  return Math.max(ofTrials, ofProbes);
}
