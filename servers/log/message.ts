/**
 * The wire format: messages, batches and cursors, and their strict parsers.
 *
 * Pure and free of Node, so that clients in a browser use the same file.
 */

/**
 * One message. `seq` counts from 1 without gaps; `dueMs` is the scheduled send time, in monotonic milliseconds of
 * the source's host. `key` names its subject: where only the latest message counts, a newer one replaces an older
 * one of the same key. All messages without a key share one.
 */
export type Message = { seq: number; dueMs: number; body: string; key?: string };

/** A place in a log: everything up to and including `seq` is behind it. On the wire: `logId:seq`. */
export type Cursor = { logId: string; seq: number };

/**
 * The response to a cursor.
 *
 * `next` is the cursor for the next request. `missed` counts the messages that the log no longer had. `more` means
 * that the batch was cut at its limit: ask again at once. `reset` means that the cursor belonged to another log, and
 * that this batch starts a new one. `superseded` counts older messages that were left out because the client had
 * asked for the latest only, `dropped` those that the client's send queue dropped.
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

/**
 * A message that a client publishes. `dueMs` is its scheduled send time; default: now. The same `id` again is
 * not published again (source/published-ids.ts).
 */
export type Publication = { body: string; dueMs?: number; key?: string; id?: string };

/** Characters in the longest id of a publication. */
const idLimit = 64;

/** Characters in the longest key. */
const keyLimit = 128;

/** The most messages that a client may grant: 31 bits, as in RSocket's `request(n)` and HTTP/2's windows. */
export const creditLimit = 2 ** 31 - 1;

/** Input that a server refuses: the message gives the reason, `status` is that of the HTTP response. */
export class BadInput extends Error {
  readonly status: 400 | 403 | 404 | 405 | 409 | 413 | 415 | 426 | 429 | 503;
  constructor(message: string, status: BadInput['status'] = 400) {
    super(oneLine(message));
    this.status = status;
  }
}

/** Writes a cursor as it is on the wire. */
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
  const { body, dueMs, key, id, credit } = data as Record<string, unknown>;
  if (credit !== undefined)
    throw new BadInput(invalid('credit', credit, 'none over HTTP: grant credit over WebSocket or TCP'));
  if (typeof body !== 'string') throw new BadInput(invalid('body', body, 'a string'));
  // What is larger has no microseconds left, and a thousand times as much may be no number.
  if (dueMs !== undefined && (typeof dueMs !== 'number' || !(Math.abs(dueMs) <= Number.MAX_SAFE_INTEGER)))
    throw new BadInput(invalid('dueMs', dueMs, 'a number of milliseconds'));
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > keyLimit))
    throw new BadInput(invalid('key', key, `a string of 1 to ${keyLimit} characters`));
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > idLimit))
    throw new BadInput(invalid('id', id, `a string of 1 to ${idLimit} characters`));
  return { body, dueMs: dueMs as number | undefined, key, id };
}

/**
 * Reads a grant, `{"credit": n}`: the server may send n more messages. Returns `undefined` for anything without
 * `credit`. Throws `BadInput` on an invalid number, and on a grant that is also something else.
 */
export function parseCredit(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('credit' in data)) return undefined;
  const { credit, ...others } = data;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new BadInput(`invalid ${other} with credit: expected {"credit": n} alone`);
  if (Number.isInteger(credit) && (credit as number) >= 1 && (credit as number) <= creditLimit)
    return credit as number;
  throw new BadInput(invalid('credit', credit, `a whole number of messages from 1 to ${creditLimit}`));
}

/** Reads the first line of a TCP client: `{"after": cursor}`, or null from now on. Throws `BadInput` on anything else. */
export function parseHello(data: unknown): { after: unknown } {
  const isHello = typeof data === 'object' && data !== null && Object.keys(data).join() === 'after';
  if (!isHello) throw new BadInput(invalid('first line', data, '{"after": "logId:seq"} or {"after": null}'));
  return data as { after: unknown };
}

/** Reads JSON text. Throws `BadInput` that quotes anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput(invalid('message', text, 'JSON'));
  }
}

/** Reads what a push connection carries: batches until the client has caught up, then single messages. */
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
 * Cuts a stream into lines, for protocols whose messages end in a newline. A line longer than `limit` characters
 * throws `BadInput`, so that no client can fill the memory with one.
 */
export class LineSplitter {
  readonly #limit: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** The pieces of the line that has not ended yet. */
  #rest: string[] = [];
  #restLength = 0;

  constructor(limit = 64 * 1024) {
    this.#limit = limit;
  }

  /** Takes the next piece and returns the lines that it completes, without empty ones. Throws `BadInput` on invalid UTF-8. */
  take(piece: string | Uint8Array): string[] {
    const [first = '', ...others] = this.#decoded(piece).split('\n');
    this.#add(first);
    const lines: string[] = [];
    for (const start of others) {
      lines.push(this.#rest.join(''));
      this.#rest = [];
      this.#restLength = 0;
      this.#add(start);
    }
    return lines.filter((line) => line.trim() !== '');
  }

  #add(text: string): void {
    this.#restLength += text.length;
    if (this.#restLength > this.#limit)
      throw new BadInput(`line too long: expected at most ${this.#limit} characters`, 413);
    if (text !== '') this.#rest.push(text);
  }

  #decoded(piece: string | Uint8Array): string {
    if (typeof piece === 'string') return piece;
    try {
      return this.#decoder.decode(piece, { stream: true });
    } catch {
      throw new BadInput('invalid UTF-8: expected lines of JSON in UTF-8');
    }
  }
}

/** Makes one line of a text, without control characters: a terminal would obey those. */
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
