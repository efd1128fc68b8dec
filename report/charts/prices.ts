import { type Prices, pricesFrom } from '../../bench/analysis/advice.ts';
import type { Result } from '../../bench/result.ts';
import { usableTrials } from './lanes.ts';

/** The prices of a run for the calculator, with the loads that they were fitted at; `undefined` without any. */
export function pricesOf(result: Result): Prices | undefined {
  const prices = pricesFrom(result.fits, result.probes);
  const polls = usableTrials(result, 'break-even').filter(({ transport }) => transport === 'short-poll');
  const [first] = polls;
  if (!prices || !first) return prices;
  return {
    ...prices,
    fittedAt: {
      clients: first.parameters.clients,
      ratePerSecond: rangeOf(polls.map(({ parameters }) => parameters.ratePerSecond)),
      intervalMs: rangeOf(polls.flatMap(({ parameters }) => parameters.intervalMs ?? [])),
    },
  };
}

function rangeOf(values: readonly number[]): { min: number; max: number } {
  return { min: Math.min(...values), max: Math.max(...values) };
}
