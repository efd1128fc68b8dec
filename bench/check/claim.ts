import { figuresUnder } from '../analysis/figures.ts';
import { threeDigits } from '../analysis/statistics.ts';
import type { Check, Figure, Result } from '../result.ts';

/**
 * A quantitative claim of LAB.md as data: what the text says, the figure that it is about, and the range
 * in which that figure has to lie. The text is tested to say the very same.
 */
export type Claim = {
  /** Stands behind the claim in LAB.md, in backticks. */
  id: string;
  /** The sentence of LAB.md, word for word. */
  says: string;
  /**
   * The experiment, a dot and the figure's name: "idle-cost.memory/push". "distance.delays/push" means every figure
   * whose name begins with "delays/push/" as well.
   */
  figure: string;
  /** The smallest and the largest value with which the claim holds. Default: no limit. */
  low?: number;
  high?: number;
  /** Every run has to lie within the range. Default: only the figure's value has to. */
  everyRun?: true;
  /** Said next to the figure's label. */
  note?: string;
};

/**
 * Holds every claim against the figures of a result. A claim whose figure is missing is "not tested", which is no
 * failure: it says so. Claims of experiments that did not run are left out.
 */
export function checkClaims(
  claims: readonly Claim[],
  result: Pick<Result, 'experiments' | 'figures'>,
): Check[] {
  const ran = new Set(result.experiments.map(({ id }) => id));
  return claims.flatMap((claim) => {
    const [experiment, name] = claim.figure.split(/\.(.*)/) as [string, string];
    return ran.has(experiment) ? [checkOf(claim, experiment, figuresUnder(result, experiment, name))] : [];
  });
}

function checkOf(claim: Claim, experiment: string, figures: readonly Figure[]): Check {
  const { id, says, figure, low, high, everyRun, note } = claim;
  const about = { id, experiment, says };
  const [first] = figures;
  if (!first) return { ...about, outcome: 'not tested', measured: `Not measured: ${figure}` };
  const isWithin = (value: number) => value >= (low ?? value) && value <= (high ?? value);
  const holds = figures.every((one) => (everyRun ? [one.low, one.high] : [one.value]).every(isWithin));
  const label = [first.label, first.unit, note].filter(Boolean).join(', ');
  const values = figures.map((one) =>
    everyRun && one.low < one.high
      ? `${threeDigits(one.low)} to ${threeDigits(one.high)}`
      : threeDigits(one.value),
  );
  return {
    ...about,
    outcome: holds ? 'holds' : 'does not hold',
    measured: `${label}: ${values.join(', ')} (${rangeOf(low, high)})`,
  };
}

function rangeOf(low: number | undefined, high: number | undefined): string {
  if (low === high) return `claimed: exactly ${low}`;
  if (high === undefined) return `claimed: at least ${low}`;
  return low === undefined ? `claimed: at most ${high}` : `claimed: ${low} to ${high}`;
}
