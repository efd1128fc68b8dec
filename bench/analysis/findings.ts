import type { Evidence, Experiment } from '../experiment.ts';
import type { Finding, Trial } from '../result.ts';
import { runsForVerdict } from './interval.ts';
import { isSaturated } from './warnings.ts';

/** With fewer messages a trial shows neither cost nor latency. */
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
    provisional: judged.verdict !== 'inconclusive' && runsOf(usable) < runsForVerdict,
    ...judged,
  };
}

/** The parts of an experiment that judge it. */
type Judged = Pick<Experiment, 'text' | 'rule' | 'judge'>;

/** Thrown by a rule that lacks a trial: the verdict is then "inconclusive". */
export class NotEnough extends Error {}

/** The evidence without its unusable trials. */
export function usableEvidence<Some extends Pick<Evidence, 'trials'>>(all: Some): Some {
  return { ...all, trials: all.trials.filter((trial) => isUsable(trial) && hasMessages(trial)) };
}

function hasMessages({ parameters, appended }: Trial): boolean {
  return parameters.ratePerSecond === 0 || appended >= messagesMin;
}

/** Whether a trial may be evidence. */
export function isUsable(trial: Trial): boolean {
  return isMeant(trial) && trial.status === 'ok' && !isSaturated(trial);
}

/** Whether a trial is planned as evidence, and not as an illustration. */
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

/** The number of runs of usable evidence. Repeated probes have their repeat among their values. */
export function runsOf({ trials, probes }: Pick<Evidence, 'trials' | 'probes'>): number {
  const ofTrials = new Set(trials.map(({ repeat }) => repeat)).size;
  const ofProbes = new Set(probes.flatMap(({ values }) => values.repeat ?? [])).size;
  return Math.max(1, ofTrials, ofProbes);
}
