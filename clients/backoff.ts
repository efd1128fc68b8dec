/**
 * How long to wait before trying again: a random time below a limit that doubles with every failure.
 * The randomness keeps a crowd that lost its server together from coming back together ("full
 * jitter": M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * `failures` counts from 1. Limits: 100 ms, 200, 400 … 10,000.
 */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(10_000, 100 * 2 ** (failures - 1));
}
