/** The clients of a trial publish: each `perClient` messages, one every `everyMs`. */
export type Publications = { perClient: number; everyMs: number };

/**
 * When something is published, in order, in milliseconds from the start: by the first client, the second and
 * so on, round after round. Clients are spread evenly over the time from one publication to the next, so that
 * they don't all speak at once.
 */
export function publicationTimesMs({ perClient, everyMs }: Publications, clients: number): number[] {
  return Array.from({ length: perClient * clients }, (_, place) => ((place + 0.5) * everyMs) / clients);
}
