import { randomExponential, randomLcg } from 'd3-random';

/**
 * The scheduled send times of messages: a pure function of the options, so one seed always gives the same messages.
 *
 *     periodic   |    |    |    |    |    |    |    |
 *     poisson    | |      |   ||        |  |     |
 *     burst      ||||||||||                    ||||||||||
 */
export type Schedule = {
  kind: 'periodic' | 'poisson' | 'burst';
  /** Messages per second on average. */
  ratePerSecond: number;
  /** Time from the start to the end of the schedule. */
  durationMs: number;
  /** Bytes in a body. Default 58. */
  payloadBytes?: number;
  /** Messages per burst, for `burst`. Default 10. */
  burstSize?: number;
  /** Makes the Poisson gaps. Default 45. */
  seed?: number;
};

/** The scheduled send times, in milliseconds from the start, in order, all below `durationMs`. */
export function dueTimesMs(schedule: Schedule): number[] {
  const { kind, ratePerSecond, durationMs, burstSize = 10, seed = 45 } = schedule;
  if (!(ratePerSecond > 0)) return [];
  const periodMs = 1000 / ratePerSecond;
  const gapMs = randomExponential.source(randomLcg(seed))(1 / periodMs);
  const [firstMs, nextGapMs] = {
    // After half a period, so that a window has rate × duration messages.
    periodic: [periodMs / 2, () => periodMs] as const,
    poisson: [gapMs(), gapMs] as const,
    burst: [0, () => periodMs * burstSize] as const,
  }[kind];
  const due: number[] = [];
  for (let atMs = firstMs; atMs < durationMs; atMs += nextGapMs())
    due.push(...Array<number>(kind === 'burst' ? burstSize : 1).fill(atMs));
  return due;
}

/** The body of a message: its number, then filler up to the length. */
export function bodyOf(index: number, payloadBytes = 58): string {
  return `message ${index} `.padEnd(payloadBytes, 'push or poll? ').slice(0, payloadBytes);
}
