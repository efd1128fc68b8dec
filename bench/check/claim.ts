import { NotEnough, usableEvidence } from '../analysis/findings.ts';
import { threeDigits } from '../analysis/writing.ts';
import type { Evidence } from '../experiment.ts';
import type { Check, Result } from '../result.ts';

/**
 * A quantitative claim of LAB.md as data: what the text says, the figure that it is about, and the range
 * in which that figure has to lie. The text is tested to say the very same.
 */
export type Claim = {
  /** Stands behind the claim in LAB.md, in backticks. */
  id: string;
  /** The experiment whose trials decide. */
  experiment: string;
  /** The sentence of LAB.md, word for word. */
  says: string;
  /** What is measured, in words: "mean age, in intervals". */
  figure: string;
  /** The smallest and the largest value with which the claim holds. Default: no limit. */
  low?: number;
  high?: number;
  /** The figure in each condition that the claim speaks of. Throws `NotEnough` where a trial is missing. */
  measure(evidence: Evidence): number[];
};

/**
 * Holds every claim against what was measured. A claim whose trials are missing, failed or saturated is
 * "not tested", which is no failure: it says why. Claims of experiments that did not run are left out.
 */
export function checkClaims(claims: readonly Claim[], result: Result): Check[] {
  const ran = new Set(result.experiments.map(({ id }) => id));
  return claims
    .filter(({ experiment }) => ran.has(experiment))
    .map((claim) => checkOf(claim, evidenceOf(claim.experiment, result)));
}

function checkOf({ id, experiment, says, figure, low, high, measure }: Claim, evidence: Evidence): Check {
  const said = { id, experiment, says };
  try {
    const values = measure(evidence);
    const holds = values.every((value) => value >= (low ?? value) && value <= (high ?? value));
    return {
      ...said,
      outcome: holds ? 'holds' : 'does not hold',
      measured: `${figure}: ${values.map(threeDigits).join(', ')} (${rangeOf(low, high)})`,
    };
  } catch (error) {
    if (!(error instanceof NotEnough)) throw error;
    return { ...said, outcome: 'not tested', measured: error.message };
  }
}

function rangeOf(low: number | undefined, high: number | undefined): string {
  if (low === high) return `claimed: exactly ${low}`;
  if (high === undefined) return `claimed: at least ${low}`;
  return low === undefined ? `claimed: at most ${high}` : `claimed: ${low} to ${high}`;
}

function evidenceOf(experiment: string, result: Result): Evidence {
  const own = <T extends { experiment: string }>(all: readonly T[]) =>
    all.filter((one) => one.experiment === experiment);
  return usableEvidence({
    trials: own(result.trials),
    capacities: own(result.capacities),
    probes: own(result.probes),
  });
}
