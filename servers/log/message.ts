/** The wire format and its strict parsers. Free of Node: clients in a browser use the same file. */

/**
 * One message. `seq` counts from 1 without gaps; `dueMs` is the scheduled send time, in monotonic milliseconds of
 * the source's host. `key` names its subject: where only the latest message counts, a newer one replaces an older
 * one of the same key. All messages without a key share one.
 */
export type Message = { seq: number; dueMs: number; body: string; key?: string };

/** A place in a log: everything up to and including `seq` is behind it. On the wire: `logId:seq`. */
export type Cursor = { logId: string; seq: number };

/** The response to a cursor. */
export type Batch = {
  messages: Message[];
  /** The cursor for the next request. */
  next: string;
  /** Messages that the log no longer had. */
  missed: number;
  /** The batch was cut at its limit: ask again at once. */
  more?: true;
  /** The cursor belonged to another log, and this batch starts a new one. */
  reset?: true;
  /** Older messages, left out for a client that asked for the latest only. */
  superseded?: number;
  /** Messages that the client's send queue dropped. */
  dropped?: number;
};

/**
 * A message that a client publishes. `dueMs` is its scheduled send time; default: now. The same `id` again is
 * not published again (source/published-ids.ts).
 */
export type Publication = { body: string; dueMs?: number; key?: string; id?: string };

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

export function formatCursor({ logId, seq }: Cursor): string {
  return `${logId}:${seq}`;
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
  return {
    body,
    dueMs: dueMs as number | undefined,
    key: parseName('key', key, 128),
    id: parseName('id', id, 64),
  };
}

function parseName(name: string, text: unknown, limit: number): string | undefined {
  if (text === undefined || (typeof text === 'string' && text !== '' && text.length <= limit)) return text;
  throw new BadInput(invalid(name, text, `a string of 1 to ${limit} characters`));
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
  return messages.every(isMessage) && isCount(missed) && parseCursor(next) !== undefined;
}

function isMessage(data: Message | null): boolean {
  return (
    isCount(data?.seq) && data?.seq !== 0 && typeof data?.body === 'string' && Number.isFinite(data.dueMs)
  );
}

function isCount(data: unknown): boolean {
  return Number.isSafeInteger(data) && (data as number) >= 0;
}

export function isBatch(delivery: Batch | Message): delivery is Batch {
  return Array.isArray((delivery as Batch | null)?.messages);
}

/** Cuts a stream into lines. One longer than `limit` characters throws `BadInput`: no client can fill the memory. */
export class LineSplitter {
  readonly #limit: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** The line that has not ended yet. */
  #rest = '';

  constructor(limit = 64 * 1024) {
    this.#limit = limit;
  }

  /** Gives the lines that the next piece completes, without empty ones. Throws `BadInput` on invalid UTF-8. */
  *take(piece: string | Uint8Array): Generator<string> {
    const newline = (typeof piece === 'string' ? '\n' : 0x0a) as never;
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      this.#add(piece.slice(start, end), true);
      start = end + 1;
      const line = this.#rest;
      this.#rest = '';
      if (line.trim() !== '') yield line;
    }
    this.#add(piece.slice(start), false);
  }

  #add(part: string | Uint8Array, isEnd: boolean): void {
    try {
      this.#rest += typeof part === 'string' ? part : this.#decoder.decode(part, { stream: !isEnd });
    } catch {
      throw new BadInput('invalid UTF-8: expected lines of JSON in UTF-8');
    }
    if (this.#rest.length > this.#limit)
      throw new BadInput(`line too long: expected at most ${this.#limit} characters`, 413);
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
