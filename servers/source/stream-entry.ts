import { z } from 'zod';

/**
 * The entries of the stream that servers on several hosts share, and the rules by which all of them get the same
 * log: all read the same entries in the same order.
 *
 *     offset   0        1          2   3   4   5        6          7   8
 *              [mark]   [term]     1A  2A  3A  [mark]   [term]     4A  4B
 *                       A's term, 1            B's term, 6: A's late 4 does not count, B's does
 *
 * A server that has read back its own mark has read everything before it.
 */
export type StreamEntry = Mark | Stamped;

/** A place in the stream. With `term` it begins the term of a sequencer: the stamps of earlier terms no longer count. */
export type Mark = z.infer<typeof markSchema>;

const markSchema = z.object({
  mark: z.string(),
  /** The log's id, where the writer knows it. */
  logId: z.string().optional(),
  /** The id of the log if this is the first entry of its stream. */
  proposes: z.string().optional(),
  term: z.literal(true).optional(),
});

/**
 * A message with its `seq`, and the term in which it got that: the offset of the mark that began the term, so that
 * later terms are higher. `number` counts the publications of `from`.
 */
export type Stamped = z.infer<typeof stampedSchema>;

const stampedSchema = z.object({
  logId: z.string(),
  term: z.int().min(0),
  from: z.string(),
  number: z.int().min(1),
  message: z.object({
    seq: z.int().min(1),
    dueMs: z.number(),
    body: z.string(),
    key: z.string().optional(),
  }),
});

/** The most stamps that one sequencer has in flight. */
export const stampsInFlight = 500;

/** Reads an entry. Returns `undefined` for one that another program, or another version, wrote. */
export function parseStreamEntry(text: string): StreamEntry | undefined {
  try {
    return z.union([markSchema, stampedSchema]).parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What a server has read so far: that decides which of the next entries count. */
export class Transcript {
  /** The log's id; `undefined` until the first entry that names it. */
  logId: string | undefined;
  /** The `seq` of the newest message that counts. */
  head = 0;
  /** Messages that do not count: of a sequencer whose term had ended, or read twice. */
  ignored = 0;
  /** The number of the last publication of each publisher that has a `seq`. */
  readonly numbers = new Map<string, number>();
  /** The present term; the stream may no longer have its mark. */
  #term = -1;
  /** Stamps that were read before the present term was known. */
  #undecided: Stamped[] | undefined = [];

  /**
   * Reading begins, at a place where the stream may have lost the mark of the present term: the first stamps can be late
   * ones of an earlier term, so they wait until the term is known.
   */
  begin(): void {
    this.#undecided ??= [];
  }

  /**
   * Reads the entry at an offset of the stream. Returns the messages that count from now on: they count for every
   * server. Throws an `Error` on an entry of another log: somebody has replaced the stream.
   */
  take(entry: StreamEntry, offset: number): Stamped[] {
    this.logId ??= entry.logId ?? (offset === 0 && 'mark' in entry ? entry.proposes : undefined);
    if (entry.logId !== undefined && entry.logId !== this.logId)
      throw new Error('the stream was deleted and replaced by another');
    if ('mark' in entry) {
      if (!entry.term) return [];
      const decided = this.decide();
      this.#term = offset;
      return decided;
    }
    if (!this.#undecided) return this.#counts(entry) ? [entry] : [];
    this.#undecided.push(entry);
    // An earlier sequencer has no more late stamps than that.
    return this.#undecided.length > stampsInFlight ? this.decide() : [];
  }

  /**
   * The present term, the highest so far, is known: at the latest when the server has read its own first mark. Returns
   * the messages that count of those that waited for that.
   */
  decide(): Stamped[] {
    const stamps = this.#undecided ?? [];
    this.#undecided = undefined;
    for (const { term } of stamps) this.#term = Math.max(this.#term, term);
    return stamps.filter((stamped) => this.#counts(stamped));
  }

  #counts({ term, from, number, message }: Stamped): boolean {
    if (term < this.#term || message.seq <= this.head) {
      this.ignored += 1;
      return false;
    }
    this.#term = term;
    this.head = message.seq;
    this.numbers.set(from, number);
    return true;
  }
}
