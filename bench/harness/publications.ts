/** The clients of a trial publish: each `perClient` messages, one every `everyMs`. */
export type Publications = { perClient: number; everyMs: number };

/**
 * When the client at `index` of `clients` publishes, in milliseconds from the start: clients are spread
 * evenly over the time from one publication to the next, so that they don't all speak at once.
 */
export function publicationTimesMs(
  { perClient, everyMs }: Publications,
  index: number,
  clients: number,
): number[] {
  return Array.from(
    { length: perClient },
    (_, round) => ((index + 0.5) * everyMs) / clients + round * everyMs,
  );
}
