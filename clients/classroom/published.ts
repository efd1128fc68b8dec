/**
 * What the page knows to have been published, whichever of its lanes heard of it first: when each message was
 * due. So a message is seen to wait in the lane of a client that does not know of it yet.
 */
export class Published {
  /** The newest message that is known of. */
  head = 0;
  readonly #dueMs = new Float64Array(kept).fill(Number.NaN);

  /** A lane has this message. */
  learn(seq: number, dueMs: number): void {
    this.learnHead(seq, dueMs);
    this.#dueMs[seq % kept] = dueMs;
  }

  /** The server's log has got to here, at this instant: so much is known of messages that no lane has. */
  learnHead(head: number, atMs: number): void {
    for (let seq = Math.max(this.head + 1, head - kept + 1); seq <= head; seq += 1)
      this.#dueMs[seq % kept] = atMs;
    this.head = Math.max(this.head, head);
  }

  /** When it was due; of one that came too long ago, when the oldest was that is still known. */
  dueMsOf(seq: number): number {
    return this.#dueMs[Math.max(seq, this.head - kept + 1) % kept] as number;
  }
}

/** Messages whose instants are kept: more than five minutes of the highest rate. */
const kept = 65_536;
