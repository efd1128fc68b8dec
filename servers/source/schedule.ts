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
  const periodMs = 1000 / ratePerSecond;
  const gapMs = randomExponential.source(randomLcg(seed))(1 / periodMs);
  const due: number[] = [];
  if (!(ratePerSecond > 0)) return due;
  if (kind === 'burst') {
    for (let atMs = 0; atMs < durationMs; atMs += periodMs * burstSize)
      due.push(...Array<number>(burstSize).fill(atMs));
    return due;
  }
  // The first periodic message comes after half a period, so that a window has rate × duration messages.
  const nextGapMs = kind === 'poisson' ? gapMs : () => periodMs;
  for (let atMs = kind === 'poisson' ? gapMs() : periodMs / 2; atMs < durationMs; atMs += nextGapMs())
    due.push(atMs);
  return due;
}

/** The body of a message: its number, then filler up to the length. */
export function bodyOf(index: number, payloadBytes = 58): string {
  return `message ${index} `.padEnd(payloadBytes, 'push or poll? ').slice(0, payloadBytes);
}
