/**
 * What the contests send: a line of JSON for each message, of the same shape and length as what the lab's own
 * servers write, so that every contender carries the same text. It ends in a mark that occurs nowhere else.
 */

/** The mark at the end of every body. */
export const mark = '@end@';

/** One message as a line, with a body of so many bytes. */
export function messageLine(seq: number, dueMs: number, bodyBytes: number): string {
  const body = 'x'.repeat(Math.max(0, bodyBytes - mark.length)) + mark;
  return JSON.stringify({ seq, dueMs: Math.round(dueMs * 1000) / 1000, body });
}

/** Reads such a line. */
export function parseMessage(line: string): { body: string; dueMs: number } {
  return JSON.parse(line);
}

/** Counts marks in a stream of pieces, also those that a piece cuts in two. */
export class MarkCounter {
  #tail = Buffer.alloc(0);

  /** How many messages end in this piece. */
  take(piece: Buffer): number {
    const reach = mark.length - 1;
    const seam = Buffer.concat([this.#tail, piece.subarray(0, reach)]);
    let count = seam.includes(mark) ? 1 : 0;
    for (let at = piece.indexOf(mark); at >= 0; at = piece.indexOf(mark, at + mark.length)) count += 1;
    const kept = piece.length >= reach ? piece : Buffer.concat([this.#tail, piece]);
    this.#tail = Buffer.from(kept.subarray(Math.max(0, kept.length - reach)));
    return count;
  }
}
