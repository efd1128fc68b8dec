/**
 * How far another host's clock is from ours, as NTP measures it (RFC 5905, section 8): the shortest of
 * several exchanges, since a wait on the way is what makes a reading wrong.
 *
 *     ours    sent ────────┐                 ┌────────► heard
 *     theirs               └► received   answered
 *
 * Their clock was read somewhere within the way, so the offset is right to half of the round trip,
 * whatever the two ways took.
 */
export type Exchange = { sentMs: number; receivedMs: number; answeredMs: number; heardMs: number };

/** What the other clock shows more than ours, and how wrong that can be in either direction. */
export type ClockReading = { offsetMs: number; uncertaintyMs: number };

/** The best reading that several exchanges give. Throws where there is none. */
export function readingOf(exchanges: readonly Exchange[]): ClockReading {
  const [best] = exchanges.map(readOne).sort((one, other) => one.uncertaintyMs - other.uncertaintyMs);
  if (!best) throw new Error('expected at least one exchange to read a clock');
  return best;
}

function readOne({ sentMs, receivedMs, answeredMs, heardMs }: Exchange): ClockReading {
  return {
    offsetMs: (receivedMs - sentMs + (answeredMs - heardMs)) / 2,
    uncertaintyMs: Math.max(0, (heardMs - sentMs - (answeredMs - receivedMs)) / 2),
  };
}

/** How wrong the first reading can have been until the second: clocks drift. */
export function uncertaintyBetween(before: ClockReading, after: ClockReading): number {
  return Math.max(before.uncertaintyMs, Math.abs(after.offsetMs - before.offsetMs) + after.uncertaintyMs);
}
