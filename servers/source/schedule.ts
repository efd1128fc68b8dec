import { randomExponential, randomLcg } from 'd3-random';

/**
 * When messages are due: pure functions of their options, so that one seed always gives the same messages.
 *
 *     periodic   |    |    |    |    |    |    |    |
 *     poisson    | |      |   ||        |  |     |
 *     burst      ||||||||||                    ||||||||||
 */
export type Schedule = {
  kind: 'periodic' | 'poisson' | 'burst';
  /** Messages per second on average. */
  ratePerSecond: number;
  /** How long messages are due for. */
  durationMs: number;
  /** Bytes in a body. Default 58. */
  payloadBytes?: number;
  /** Messages per burst, for `burst`. Default 10. */
  burstSize?: number;
  /** Makes the Poisson gaps. Default 45. */
  seed?: number;
};

/** The instants at which messages are due, in milliseconds from the start, in order, all below `durationMs`. */
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
  // The first periodic message stands half a period in, so that a window holds rate × duration of them.
  const nextGapMs = kind === 'poisson' ? gapMs : () => periodMs;
  for (let atMs = kind === 'poisson' ? gapMs() : periodMs / 2; atMs < durationMs; atMs += nextGapMs())
    due.push(atMs);
  return due;
}

/** The body of the n-th message: its number, then filler up to the length. */
export function bodyOf(index: number, payloadBytes = 58): string {
  return `message ${index} `.padEnd(payloadBytes, 'push or poll? ').slice(0, payloadBytes);
}
