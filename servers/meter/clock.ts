/**
 * Monotonic milliseconds of this host. Processes on one host can compare them;
 * the wall clock, which can be set back, plays no part.
 */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
