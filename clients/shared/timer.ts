/** A timer takes times below this many milliseconds, 24.8 days. For longer ones, `Infinity` too, it would fire after 1 ms. */
export const timerLimitMs = 2 ** 31;

/** `setTimeout` for any time: a timer of 24.8 days or more, or of `Infinity`, never fires. */
export function setTimer(callback: () => void, ms: number): ReturnType<typeof setTimeout> | undefined {
  return ms < timerLimitMs ? setTimeout(callback, ms) : undefined;
}
