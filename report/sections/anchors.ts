import type { Result } from '../../bench/result.ts';

/** Where in the page a part of the report stands: what comes after `#` in its address. */
export const anchors = {
  verdicts: 'verdicts',
  advice: 'which-one',
  votes: 'votes',
  measured: 'measured',
} as const;

/** The anchor of an experiment: its id where that makes a readable address, else its place in the order. */
export function anchorOf(result: Result, experiment: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(experiment)) return experiment;
  return `experiment-${result.experiments.findIndex(({ id }) => id === experiment) + 1}`;
}
