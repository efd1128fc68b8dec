import type { Result } from '../../bench/result.ts';
import type { Figure } from './figure.ts';
import { usableTrials } from './lanes.ts';
import { casesOf, isLong } from './overwhelmed-cases.ts';
import { minuteFigure } from './overwhelmed-minute.ts';
import { pricesFigure } from './overwhelmed-prices.ts';
import { ageFigure, backlogFigure } from './overwhelmed-time.ts';

/**
 * What happens to a client that can't keep up? Where it piles up, how old it gets, what each policy costs
 * whom, and whether memory stays flat over a minute.
 */
export function overwhelmedFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'overwhelmed').filter(({ series }) => series);
  const cases = casesOf(trials.filter((trial) => !isLong(trial)));
  const figures = [
    backlogFigure(result, cases),
    ageFigure(cases),
    pricesFigure(cases),
    minuteFigure(trials.filter(isLong)),
  ];
  return figures.filter((figure) => figure !== undefined);
}
