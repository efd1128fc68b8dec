/**
 * How long to wait before the next try, in milliseconds. `failures` counts from 1.
 *
 *     immediate  ╳►╳►╳►╳►╳►╳►╳►╳►╳►      no back-off
 *     fixed      ╳────►╳────►╳────►╳     a second each time: a crowd that was cut off together comes together
 *     jittered   ╳►╳──►╳─────►╳          a random time below a limit that doubles with every failure
 *
 * Exponential back-off with full jitter prevents a thundering herd: a crowd that lost its server together does not
 * come back together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). The other two are
 * here for comparison.
 */
export const backoffs = {
  /** Limits: 100 ms, 200, 400 … 10,000. */
  jittered: (failures: number, random: () => number) =>
    random() * Math.min(10_000, 100 * 2 ** (failures - 1)),
  fixed: () => 1000,
  immediate: () => 0,
};

export type BackoffName = keyof typeof backoffs;

export function backoffMs(failures: number, random: () => number, name: BackoffName = 'jittered'): number {
  return backoffs[name](failures, random);
}
