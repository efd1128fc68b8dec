import type { Result } from '../../bench/result.ts';
import { hasFigures } from '../charts/charts.ts';

/** The anchors of the report's parts: the part of the address after `#`. */
export const anchors = {
  comparison: 'comparison',
  verdicts: 'verdicts',
  oneMessage: 'one-message',
  advice: 'which-one',
  votes: 'votes',
  measured: 'measured',
} as const;

/**
 * The anchor of an experiment: its id if the report knows the experiment. An unknown id could equal another anchor
 * of the page, so it gets a prefix. An id that makes no readable address is replaced by the experiment's place.
 */
export function anchorOf(result: Result, experiment: string): string {
  if (hasFigures(experiment)) return experiment;
  if (/^[a-z][a-z0-9-]{0,40}$/.test(experiment)) return `experiment-${experiment}`;
  return `experiment-${result.experiments.findIndex(({ id }) => id === experiment) + 1}`;
}
