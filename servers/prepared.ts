import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Batch, Cursor } from './message.ts';
import { type BatchLimit, defaultBatchLimit, type MessageLog } from './message-log.ts';

/**
 * The same question, the same answer: what everybody who asks from the same place is sent.
 *
 *     GET after=a1:6 ──►┐
 *     GET after=a1:6 ──►├── looked up and written as JSON once ──► the same bytes to each
 *     GET after=a1:6 ──►┘
 *
 * A crowd of polls stands at few places, as a rule at the end of the log. Until the log grows, the batch of
 * a place does not change, so neither do its bytes. This is for a poll what the shared frame is for a push.
 */
export class Prepared {
  readonly #log: MessageLog;
  readonly #limit: BatchLimit;
  /** By the `seq` that they come after. */
  readonly #batches = new Map<number, Batch>();
  #head = 0;
  #characters = 0;

  constructor(log: MessageLog, limit: BatchLimit = defaultBatchLimit) {
    this.#log = log;
    this.#limit = limit;
  }

  /**
   * What the log has after this cursor; the same object for the same place, for as long as the log has not
   * grown. Whoever has no cursor yet, or one of another log, is rare, and looked up anew.
   */
  after(cursor: Cursor | undefined): Batch {
    if (cursor?.logId !== this.#log.id) return this.#log.after(cursor, this.#limit);
    const isFull = this.#batches.size >= placesKept || this.#characters > charactersKept;
    if (this.#head !== this.#log.head || isFull) {
      this.#batches.clear();
      this.#head = this.#log.head;
      this.#characters = 0;
    }
    const known = this.#batches.get(cursor.seq);
    if (known) return known;
    const batch = this.#log.after(cursor, this.#limit);
    this.#batches.set(cursor.seq, batch);
    for (const { body } of batch.messages) this.#characters += body.length;
    return batch;
  }
}

/** Places, and characters of message bodies in their batches, that are kept ready. When there are more, all are let go. */
const placesKept = 1000;
const charactersKept = 16 * 1024 * 1024;

/** Answers that somebody still has: the text, its bytes, and how Node is to write it. */
type Body = { text: string; encoding: 'latin1' | 'utf8'; headers: OutgoingHttpHeaders };
const bodies = new WeakMap<Batch, Body>();

/** Answers with a batch. Goes past whatever a framework would do to write JSON. */
export function sendBatch(response: ServerResponse, batch: Batch): void {
  let body = bodies.get(batch);
  if (!body) {
    body = bodyOf(batch);
    bodies.set(batch, body);
  }
  response.writeHead(200, body.headers).end(body.text, body.encoding);
}

/**
 * A text and not its bytes: Node writes a text in one piece with the headers, and bytes in a second one, which
 * costs it more than the copy. Where every character is one byte, there is nothing to encode either.
 */
function bodyOf(batch: Batch): Body {
  const text = JSON.stringify(batch);
  const bytes = Buffer.byteLength(text);
  return {
    text,
    encoding: bytes === text.length ? 'latin1' : 'utf8',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': bytes,
      'cache-control': 'no-store',
    },
  };
}
