import { oneLine } from '../../servers/log/message.ts';
import type { Evidence, Experiment } from '../experiment.ts';
import type { Figure, Finding, Fit, Pair, Result, Trial } from '../result.ts';
import { Figures, isNotEnough } from './figures.ts';
import { runsForVerdict } from './interval.ts';
import { isSaturated } from './warnings.ts';

/** With fewer messages a trial shows neither cost nor latency. */
export const messagesMin = 3;

/** All that an experiment's evidence has to say. */
export type Conclusion = {
  figures: Figure[];
  fits: Fit[];
  pairs: Pair[];
  finding: Finding;
};

/** The parts of an experiment that conclude. */
type Concluding = Omit<Experiment, 'plan'>;

/**
 * Computes an experiment's figures and judges it by its own rule. Only trials whose delivery accounting is exact,
 * whose load generator kept up and that had three messages or more are evidence; with too few of them the verdict is
 * "inconclusive", and says why. An error in the experiment's code makes it inconclusive too, and is named.
 */
export function conclude(experiment: Concluding, all: Evidence): Conclusion {
  const { text, rule } = experiment;
  const usable = usableEvidence(all);
  const ofExperiment = <Item extends object>(items: readonly Item[] = []) =>
    items.map((item) => ({ experiment: text.id, ...item }));
  const found: Omit<Conclusion, 'finding'> = { figures: [], fits: [], pairs: [] };
  const inconclusive = { verdict: 'inconclusive' as const, provisional: false, evidence: [] };
  const about = { experiment: text.id, claim: text.claim, rule };
  try {
    const own = experiment.figures(usable).filter((one) => one !== undefined);
    found.figures = ofExperiment(own);
    found.fits = ofExperiment(experiment.fits?.(usable));
    found.pairs = ofExperiment(experiment.pairs?.(usable));
    const figures = new Figures(own);
    const judged = experiment.judge(figures);
    const provisional = judged.verdict !== 'inconclusive' && runsOf(usable) < runsForVerdict;
    const evidence = usable.trials.map(({ id }) => id).filter((id) => figures.evidence.has(id));
    return { ...found, finding: { ...about, provisional, ...judged, evidence } };
  } catch (error) {
    if (isNotEnough(error))
      return { ...found, finding: { ...about, ...inconclusive, sentence: whyNotEnough(error, all.trials) } };
    const words = oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    const sentence = `The code of this experiment has an error: ${words}.`;
    return { ...found, finding: { ...about, ...inconclusive, sentence, error: words } };
  }
}

/** The verdict of an experiment. */
export function judge(experiment: Concluding, all: Evidence): Finding {
  return conclude(experiment, all).finding;
}

/** What was measured for one experiment of a result, whether or not it can be used. */
export function evidenceOf(
  id: string,
  { trials, capacities, probes }: Pick<Result, 'trials' | 'capacities' | 'probes'>,
): Evidence {
  const own = ({ experiment }: { experiment: string }) => experiment === id;
  return { trials: trials.filter(own), capacities: capacities.filter(own), probes: probes.filter(own) };
}

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

/** The reason of a rule, and the trials that could not be used. */
function whyNotEnough({ message }: Error, trials: readonly Trial[]): string {
  const all = trials.filter(isMeant);
  const left = all.filter((trial) => !isUsable(trial)).length;
  const few = all.filter((trial) => isUsable(trial) && !hasMessages(trial)).length;
  return [
    `${message}.`,
    left > 0 ? ` ${left} of ${all.length} trials failed or were limited by the load generator.` : '',
    few > 0 ? ` ${few} of ${all.length} trials had fewer than ${messagesMin} messages.` : '',
  ].join('');
}

/** The number of runs of usable evidence. Repeated probes have their repeat among their values. */
export function runsOf({ trials, probes }: Pick<Evidence, 'trials' | 'probes'>): number {
  const ofTrials = new Set(trials.map(({ repeat }) => repeat)).size;
  const ofProbes = new Set(probes.flatMap(({ values }) => values.repeat ?? [])).size;
  return Math.max(1, ofTrials, ofProbes);
}
