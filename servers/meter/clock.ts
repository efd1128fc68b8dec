/**
 * Monotonic milliseconds of this host. Processes on one host can compare them; unlike the wall clock they are
 * never set back.
 */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
