import { shortPollShareWithin } from '../../bench/analysis/models.ts';
import type { Trial } from '../../bench/result.ts';
import type { LineSeries, Point } from './figure.ts';
import { type Lane, lanesOf } from './lanes.ts';

/** Runs under the same conditions: side by side or alone, with one kind of source. */
export type Setting = { name: string; lanes: Lane[] };

/** The settings of an experiment, the main one first. */
export function settingsOf(trials: readonly Trial[]): Setting[] {
  const sideBySide = (trial: Trial) =>
    trials.some((other) => other !== trial && other.together === trial.together);
  return [true, false].flatMap((together) =>
    (['poisson', 'periodic', 'burst'] as const).flatMap((schedule) => {
      const own = trials.filter(
        (trial) => trial.parameters.schedule === schedule && sideBySide(trial) === together,
      );
      const name = `${together ? 'all transports side by side' : 'each transport alone'}, ${scheduleNames[schedule]}`;
      return own.length > 0 ? [{ name, lanes: lanesOf(own) }] : [];
    }),
  );
}

const scheduleNames = {
  poisson: 'Poisson arrivals',
  periodic: 'constant rate',
  burst: 'bursts',
};

/** The first setting is the main one; two others share a row, and one that is left over gets its own. */
export function sizeOf(index: number, count: number): 'wide' | 'half' {
  const isLeftOver = index === count - 1 && count % 2 === 0;
  return index === 0 || isLeftOver ? 'wide' : 'half';
}

/** Adds up the counts of all runs, bin by bin, and turns them into shares at most so old, in percent. */
export function cumulativeShare(trials: readonly Trial[]): Point[] {
  const counts = new Map<number, number>();
  for (const { delayHistogram } of trials)
    delayHistogram?.upToMs.forEach((upToMs, bin) => {
      counts.set(upToMs, (counts.get(upToMs) ?? 0) + (delayHistogram.count[bin] ?? 0));
    });
  const bins = [...counts].filter(([upToMs]) => upToMs > 0).sort(([a], [b]) => a - b);
  const total = bins.reduce((sum, [, count]) => sum + count, 0);
  const points: Point[] = [];
  let below = 0;
  for (const [upToMs, count] of bins) {
    // The line rises from zero where the first bin begins, a tenth before its end.
    if (points.length === 0) points.push({ x: upToMs * 0.89, y: 0 });
    below += count;
    points.push({ x: upToMs, y: (100 * below) / total });
  }
  return points;
}

/** What the model of a short poll says of a lane; nothing for other lanes. */
export function modelSeries({ transport, intervalMs, name, thin }: Lane): LineSeries[] {
  if (transport !== 'short-poll' || intervalMs === undefined) return [];
  const steps = 48;
  const points = Array.from({ length: steps + 1 }, (_, step) => {
    const x = intervalMs * 10 ** ((3 * (step - steps)) / steps);
    return { x, y: 100 * shortPollShareWithin(x, intervalMs, 0) };
  });
  return [{ name: `model: ${name}`, transport, role: 'model', thin, points }];
}
