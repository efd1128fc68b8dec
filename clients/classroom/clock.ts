/**
 * The server's clock, as a page knows it. It asks for the time and takes the answer of the quickest round trip:
 *
 *     page    sentMs ──────►            ──────► receivedMs
 *     server                  serverMs            somewhere between the two; the middle is half a round trip off at worst
 *
 * The sample of the least round trip of the last minute counts (D. Mills, "Network Time Protocol", RFC 1305,
 * 1992, calls that the clock filter). Clocks drift apart, so older samples expire. And the clock of a page
 * stands still while most devices sleep: a sample that contradicts a newer one is from before that.
 */
export class ServerClock {
  #samples: Sample[] = [];

  /** Enters an answer: when the question was sent, when the answer came (both on the page's clock), and what it said. */
  enter(sentMs: number, receivedMs: number, serverMs: number): void {
    const roundTripMs = Math.max(0, receivedMs - sentMs);
    const offsetMs = serverMs - (sentMs + receivedMs) / 2;
    const newest = { receivedMs, roundTripMs, offsetMs };
    this.#samples = this.#samples.filter(
      (sample) => sample.receivedMs > receivedMs - sampleAgeMs && !contradict(sample, newest),
    );
    this.#samples.push(newest);
  }

  /** Whether there is a sample at all. */
  get isKnown(): boolean {
    return this.#samples.length > 0;
  }

  /** What to add to the page's clock. 0 before the first sample. */
  get offsetMs(): number {
    return this.#best?.offsetMs ?? 0;
  }

  /** Half of the best round trip: no time is known better than that. Infinite before the first sample. */
  get uncertaintyMs(): number {
    return (this.#best?.roundTripMs ?? Number.POSITIVE_INFINITY) / 2;
  }

  /** The server's time at this instant of the page's clock. */
  at(pageMs: number): number {
    return pageMs + this.offsetMs;
  }

  get #best(): Sample | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) if (!best || sample.roundTripMs < best.roundTripMs) best = sample;
    return best;
  }
}

/** Milliseconds of the page's clock. Pages and workers count from instants of their own; this sum they share. */
export function pageMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Whether no offset fits both samples: each is right to half of its round trip, and clocks drift a little. */
function contradict(one: Sample, other: Sample): boolean {
  const uncertaintyMs = (one.roundTripMs + other.roundTripMs) / 2 + driftMs;
  return Math.abs(one.offsetMs - other.offsetMs) > uncertaintyMs;
}

type Sample = { receivedMs: number; roundTripMs: number; offsetMs: number };

const sampleAgeMs = 60_000;

/** More than two clocks drift apart in that time: 100 parts per million, rounded up. */
const driftMs = 10;
