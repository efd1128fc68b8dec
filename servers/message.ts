/**
 * What crosses the wire: messages, batches and cursors, and the codec that reads them strictly.
 *
 * Pure and free of Node, so that the clients can use the same file in a browser.
 */

/**
 * One message. `seq` counts from 1 without gaps; `dueMs` is the planned instant, monotonic milliseconds of
 * the source's host. `key` names what it is about: where only the latest counts, a newer message replaces
 * an older one of the same key. All messages without a key share one.
 */
export type Message = { seq: number; dueMs: number; body: string; key?: string };

/** A place in a log: everything up to and including `seq` is behind it. On the wire: `logId:seq`. */
export type Cursor = { logId: string; seq: number };

/**
 * What a reader gets that names its cursor.
 *
 * `next` is the cursor to ask with the next time. `missed` counts the messages that had already fallen
 * off the log. `more` says that the batch was cut at its limit: ask again at once. `reset` says that the
 * cursor belonged to another log: this is a new one, from its start. `superseded` counts the messages
 * that were left out because the reader had asked for the latest only, `dropped` those that were given up
 * since too much waited for it.
 */
export type Batch = {
  messages: Message[];
  next: string;
  missed: number;
  more?: true;
  reset?: true;
  superseded?: number;
  dropped?: number;
};

/** What a client sends to publish. `dueMs` is the instant at which the client had planned to; default: now. */
export type Publication = { body: string; dueMs?: number; key?: string };

/** Characters in the longest key. */
export const keyLimit = 128;

/** The most messages that may be granted at a time: 31 bits, as in RSocket's `request(n)` and HTTP/2's windows. */
export const creditLimit = 2 ** 31 - 1;

/** Input that a server refuses: `status` is the HTTP answer, the message says what is wrong with it, or that it comes at a bad time (503). */
export class BadInput extends Error {
  readonly status: 400 | 403 | 404 | 405 | 409 | 411 | 413 | 426 | 429 | 503;
  constructor(message: string, status: BadInput['status'] = 400) {
    super(oneLine(message));
    this.status = status;
  }
}

/** Writes a cursor as it stands on the wire. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.logId}:${cursor.seq}`;
}

/** Reads a cursor. `undefined`, `null` and `''` mean "from now on"; anything else malformed throws `BadInput`. */
export function parseCursor(text: unknown): Cursor | undefined {
  if (text === undefined || text === null || text === '') return undefined;
  const parts = typeof text === 'string' ? /^([0-9a-z]{1,32}):(0|[1-9]\d{0,14})$/.exec(text) : null;
  if (!parts) throw new BadInput(invalid('after', text, 'a cursor "logId:seq", as given in "next"'));
  return { logId: parts[1] as string, seq: Number(parts[2]) };
}

/** Reads what a client publishes. Throws `BadInput` that names the field. */
export function parsePublication(data: unknown): Publication {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new BadInput(invalid('publication', data, 'a JSON object such as {"body": "text"}'));
  const { body, dueMs, key, credit } = data as Record<string, unknown>;
  if (credit !== undefined)
    throw new BadInput(invalid('credit', credit, 'none over HTTP: grant credit over WebSocket or TCP'));
  if (typeof body !== 'string') throw new BadInput(invalid('body', body, 'a string'));
  // What is larger has no microseconds left, and a thousand times as much may be no number.
  if (dueMs !== undefined && (typeof dueMs !== 'number' || !(Math.abs(dueMs) <= Number.MAX_SAFE_INTEGER)))
    throw new BadInput(invalid('dueMs', dueMs, 'a number of milliseconds'));
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > keyLimit))
    throw new BadInput(invalid('key', key, `a string of 1 to ${keyLimit} characters`));
  return { body, dueMs: dueMs as number | undefined, key };
}

/**
 * Reads a grant, `{"credit": n}`: the server may send n messages more. `undefined` when the data are no
 * grant but something else. Throws `BadInput` that names the value.
 */
export function parseCredit(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('credit' in data)) return undefined;
  const { credit } = data;
  if (Number.isInteger(credit) && (credit as number) >= 1 && (credit as number) <= creditLimit)
    return credit as number;
  throw new BadInput(invalid('credit', credit, `a whole number of messages from 1 to ${creditLimit}`));
}

/** Reads JSON text. Throws `BadInput` that quotes anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput(invalid('message', text, 'JSON'));
  }
}

/** What a push connection carries: first batches until the reader has caught up, then single messages. */
export function parseDelivery(text: string): Batch | Message {
  const data = parseJson(text) as Batch | Message;
  if (isBatch(data) ? isWhole(data) : isMessage(data)) return data;
  throw new BadInput(invalid('delivery', text, 'a batch or a message'));
}

/** Reads a notice: the cursor of where the log ends now. */
export function parseNotice(text: string): Cursor {
  const cursor = parseCursor((parseJson(text) as { next?: unknown } | null)?.next);
  if (cursor) return cursor;
  throw new BadInput(invalid('notice', text, 'a cursor in "next"'));
}

function isWhole({ messages, next, missed }: Batch): boolean {
  return (
    messages.every(isMessage) &&
    isCount(missed) &&
    typeof next === 'string' &&
    parseCursor(next) !== undefined
  );
}

function isMessage(data: Message | null): boolean {
  return (
    isCount(data?.seq) && data?.seq !== 0 && typeof data?.body === 'string' && Number.isFinite(data.dueMs)
  );
}

function isCount(data: unknown): boolean {
  return Number.isSafeInteger(data) && (data as number) >= 0;
}

/** Tells a batch from a single message. */
export function isBatch(delivery: Batch | Message): delivery is Batch {
  return Array.isArray((delivery as Batch | null)?.messages);
}

/**
 * Cuts a stream of text into lines, for protocols whose messages end in a newline.
 * A line longer than `limit` characters throws `BadInput`, so that nobody can fill the memory with one.
 */
export class LineSplitter {
  readonly #limit: number;
  #rest = '';

  constructor(limit = 64 * 1024) {
    this.#limit = limit;
  }

  /** Takes the next piece and returns the lines that it completes, without empty ones. */
  take(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() as string;
    if (lines.some((line) => line.length > this.#limit) || this.#rest.length > this.#limit)
      throw new BadInput(`line too long: expected at most ${this.#limit} characters`, 413);
    return lines.filter((line) => line.trim() !== '');
  }
}

/** A text that repeats what somebody else wrote, as one line without control characters, which a terminal would obey. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** Names a value that can't be used, and what can: `invalid credit -1: expected a whole number of messages`. */
export function invalid(name: string, value: unknown, expected: string): string {
  if (value === undefined) return `missing ${name}: expected ${expected}`;
  return `invalid ${name} ${quote(value)}: expected ${expected}`;
}

function quote(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
