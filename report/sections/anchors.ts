import type { Result } from '../../bench/result.ts';
import { hasFigures } from '../charts/charts.ts';

/** Where in the page a part of the report stands: what comes after `#` in its address. */
export const anchors = {
  comparison: 'comparison',
  verdicts: 'verdicts',
  oneMessage: 'one-message',
  advice: 'which-one',
  measured: 'measured',
} as const;

/**
 * The anchor of an experiment: its id where the report knows it. Another's could be that of any part of the
 * page, so it is marked as an experiment's, and where it makes no readable address its place stands for it.
 */
export function anchorOf(result: Result, experiment: string): string {
  if (hasFigures(experiment)) return experiment;
  if (/^[a-z][a-z0-9-]{0,40}$/.test(experiment)) return `experiment-${experiment}`;
  return `experiment-${result.experiments.findIndex(({ id }) => id === experiment) + 1}`;
}
