import type { Message } from '../message.ts';

/**
 * What stands in the stream that servers on several hosts share, and what each of them makes of it. All read
 * the same entries in the same order and follow the same rules, so that all come to the same log.
 *
 *     offset   0        1          2   3   4   5        6          7   8
 *              [mark]   [term A]   1A  2A  3A  [mark]   [term B]   4A  4B
 *                       A stamps from here on           from here on B does; A's late 4 counts for nothing
 *
 * A mark is read back by whoever wrote it: then it has read all that came before. Pure, so that the rules
 * can be tested without a broker.
 */
export type StreamEntry = Mark | Stamped;

/** A place in the stream. With `term` it also begins the term of a sequencer: what others stamp no longer counts. */
export type Mark = {
  mark: string;
  /** The log's id, where the writer knows it. */
  log?: string;
  /** The id that the log is to have if this is the very first entry of its stream. */
  proposes?: string;
  term?: true;
};

/** A message with its `seq`, in the term in which it was given. `number` counts what `from` has published. */
export type Stamped = { log: string; term: string; from: string; number: number; message: Message };

/** Reads an entry. `undefined` for what was written by somebody else. */
export function parseStreamEntry(text: string): StreamEntry | undefined {
  let entry: (Partial<Omit<Stamped, 'term'>> & { mark?: unknown; term?: unknown; proposes?: unknown }) | null;
  try {
    entry = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof entry?.mark === 'string') return isMark(entry) ? (entry as Mark) : undefined;
  const { log, term, from, number, message } = entry ?? {};
  const isStamped =
    [log, term, from].every((text) => typeof text === 'string') &&
    [number, message?.seq].every((count) => Number.isSafeInteger(count) && (count as number) > 0) &&
    Number.isFinite(message?.dueMs) &&
    typeof message?.body === 'string';
  return isStamped ? (entry as Stamped) : undefined;
}

function isMark({ log, term, proposes }: { log?: unknown; term?: unknown; proposes?: unknown }): boolean {
  const areTexts = [log, proposes].every((id) => id === undefined || typeof id === 'string');
  return areTexts && (term === undefined || term === true);
}

/** What was read so far, and by that what counts of what comes next. */
export class Transcript {
  /** The log's id; `undefined` until the stream has told. */
  logId: string | undefined;
  /** The `seq` of the newest message that counted. */
  head = 0;
  /** Messages that did not count: stamped by a sequencer whose term had ended, or read twice. */
  ignored = 0;
  /** The number of the last publication of each publisher that was given a `seq`. */
  readonly numbers = new Map<string, number>();
  #term: string | undefined;

  /**
   * Enters what stands at an offset of the stream. Returns whether it counts: it does for every server, or for none.
   * Throws an `Error` when it belongs to another log: somebody has put another stream in the place of this one.
   */
  take(entry: StreamEntry, offset: number): boolean {
    this.logId ??= entry.log ?? (offset === 0 && 'mark' in entry ? entry.proposes : undefined);
    if (entry.log !== undefined && entry.log !== this.logId)
      throw new Error('the stream was deleted and replaced by another');
    if ('mark' in entry) {
      if (entry.term) this.#term = entry.mark;
      return true;
    }
    // Who begins to read in the middle has not seen the term begin.
    this.#term ??= entry.term;
    const { term, from, number, message } = entry;
    if (term !== this.#term || message.seq <= this.head) {
      this.ignored += 1;
      return false;
    }
    this.head = message.seq;
    this.numbers.set(from, number);
    return true;
  }
}
