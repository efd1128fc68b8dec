import type { Result } from '../../bench/result.ts';
import { costsFigure } from './break-even-costs.ts';
import { deliveriesFigure } from './break-even-deliveries.ts';
import { winnersFigure } from './break-even-winners.ts';
import type { Figure } from './figure.ts';
import { usableTrials } from './lanes.ts';

/**
 * When does polling cost the server less than push? Who won in each cell of the grid, by server CPU,
 * bytes and freshness; what one delivery costs by every transport; and the costs behind it all.
 */
export function breakEvenFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'break-even');
  const figures = [winnersFigure(result, trials), deliveriesFigure(trials), costsFigure(result.fits)];
  return figures.filter((figure) => figure !== undefined);
}
