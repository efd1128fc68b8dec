import { isBatch, type Message, parseDelivery } from '../../servers/log/message.ts';
import { type ClientOptions, type Counters, newCounters } from '../client.ts';
import { Ledger } from './ledger.ts';
import type { Http, Openers } from './openers.ts';

/**
 * One poll, as both kinds of polling clients send it: ask with the cursor, enter the batch in the ledger.
 * *When* to ask is what tells the two apart, and is not decided here.
 */
export class Poll {
  readonly ledger: Ledger;
  readonly counters: Counters = newCounters();
  /** The last answer was cut at its limit: there is more to be had at once. */
  more = false;
  readonly #http: Http;
  /** A connection of its own, opened when it is first used: a poll that is held would keep a publication waiting. */
  readonly #publisher: Http;
  readonly #options: ClientOptions;
  #closed = false;

  /** `answeredWithinMs` is how long an answer may take, unless the options say another limit. */
  constructor(
    options: ClientOptions,
    openers: Pick<Openers, 'http'>,
    answeredWithinMs = answeredAtOnceWithinMs,
  ) {
    this.ledger = new Ledger(options.after);
    const { keepAlive, silenceLimitMs = answeredWithinMs } = options;
    this.#http = openers.http(options.url, { keepAlive, silenceLimitMs });
    this.#publisher = publisherOf(options, openers);
    this.#options = options;
  }

  /** Asks once and returns what is new. Rejects, and counts, when there is no answer or a refusal. */
  async ask(): Promise<Message[]> {
    this.counters.requests += 1;
    this.more = false;
    const onAnswer = this.#options.onAsk?.();
    try {
      const answer = await this.#http.ask('GET', this.#path);
      const batch = answer.status === 200 ? parseDelivery(answer.text) : undefined;
      if (!batch || !isBatch(batch))
        throw new Error(`the server responded with ${answer.status}: ${answer.text}`);
      onAnswer?.(batch);
      if (batch.messages.length === 0) this.counters.empty += 1;
      this.more = batch.more ?? false;
      return this.ledger.takeBatch(batch);
    } catch (error) {
      // What a client cuts off itself has not failed.
      if (this.#closed) throw error;
      this.counters.failures += 1;
      this.counters.lastFailure = (error as Error).message;
      throw error;
    }
  }

  get #path(): string {
    const { cursor } = this.ledger;
    if (!cursor) return '/messages';
    return `/messages?after=${cursor}${this.#options.contract === 'latest' ? '&latest' : ''}`;
  }

  publish(body: string, dueMs: number): Promise<void> {
    return postMessage(this.#publisher, body, dueMs);
  }

  close(): void {
    this.#closed = true;
    this.#http.close();
    this.#publisher.close();
  }
}

/** How long an answer may take that a server does not hold: far more than a busy server needs. */
const answeredAtOnceWithinMs = 15_000;

/** An HTTP client to publish with. */
export function publisherOf(
  { url, silenceLimitMs = answeredAtOnceWithinMs }: ClientOptions,
  openers: Pick<Openers, 'http'>,
): Http {
  return openers.http(url, { silenceLimitMs });
}

/** Publishes by `POST /messages`. Rejects with the server's reason when it is refused. */
export async function postMessage(http: Http, body: string, dueMs: number): Promise<void> {
  const { status, text } = await http.ask('POST', '/messages', JSON.stringify({ body, dueMs }));
  if (status !== 201) throw new Error(`the server responded with ${status}: ${text}`);
}
