import type { ServerResponse } from 'node:http';
import type { Batch } from '../log/message.ts';
import { type BatchLimit, defaultBatchLimit, type MessageLog } from '../log/message-log.ts';

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
  /** By the cursor that they come after, as it stands on the wire. */
  readonly #batches = new Map<unknown, Batch>();
  #head = 0;
  /** What their answers take as JSON. */
  #bytes = 0;

  constructor(log: MessageLog, limit: BatchLimit = defaultBatchLimit) {
    this.#log = log;
    this.#limit = limit;
  }

  /**
   * What the log has after this cursor, which is read only where it is not known: the same object for the same
   * place, for as long as the log has not grown. Whoever has no cursor yet, or one of another log, is rare, and
   * looked up anew. Throws `BadInput` as `MessageLog.cursorFrom` does.
   */
  after(text: unknown): Batch {
    const isFull = this.#batches.size >= placesKept || this.#bytes > bytesKept;
    if (this.#head !== this.#log.head || isFull) {
      this.#batches.clear();
      this.#head = this.#log.head;
      this.#bytes = 0;
    }
    const known = this.#batches.get(text);
    if (known) return known;
    const cursor = this.#log.cursorFrom(text);
    const batch = this.#log.after(cursor, this.#limit);
    if (cursor?.logId !== this.#log.id) return batch;
    this.#batches.set(text, batch);
    this.#bytes += bodyOf(batch).bytes;
    return batch;
  }
}

/** Places, and bytes of their answers, that are kept ready. When there are more, all are let go. */
const placesKept = 1000;
const bytesKept = 16 * 1024 * 1024;

/** Answers with a batch. Goes past whatever a framework would do to write JSON. */
export function sendBatch(response: ServerResponse, batch: Batch): void {
  const { content, encoding, headers } = bodyOf(batch);
  response.writeHead(200, headers).end(content, encoding);
}

/** An answer: what Node is given to write, how, and how long it is. */
type Body = { content: string | Buffer; encoding: 'latin1' | 'utf8'; headers: string[]; bytes: number };

/** The bodies of the batches that somebody still has. */
const bodies = new WeakMap<Batch, Body>();

function bodyOf(batch: Batch): Body {
  let body = bodies.get(batch);
  if (!body) {
    body = newBodyOf(batch);
    bodies.set(batch, body);
  }
  return body;
}

/**
 * A short text as it is: Node writes it in one piece with the headers, and bytes in a second one, which costs it
 * more than the copy. Where every character is one byte, there is nothing to encode either. With a long one it is
 * the copy that costs more, so that one is made into bytes, once.
 */
function newBodyOf(batch: Batch): Body {
  const text = JSON.stringify(batch);
  const bytes = Buffer.byteLength(text);
  return {
    content: bytes > copiedBytesMax ? Buffer.from(text) : text,
    encoding: bytes === text.length ? 'latin1' : 'utf8',
    // Names and values in a row: Node would take an object apart anew for every answer.
    headers: Object.entries({
      'content-type': 'application/json; charset=utf-8',
      'content-length': `${bytes}`,
      'cache-control': 'no-store',
    }).flat(),
    bytes,
  };
}

/** Bytes of the longest body that is sent as a text. */
const copiedBytesMax = 1024;
