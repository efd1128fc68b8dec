import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { type Message, parseJson, parsePublication } from '../log/message.ts';
import { type Stamped, stampsInFlight } from './stream-entry.ts';

/**
 * Gives publications their `seq`: one server at a time, for all.
 *
 *     RabbitMQ  ──X's 7──X's 8──►                                         ──X's 9──►
 *     sequencer                  ──[term]──►…◄─[term]─  1001=[X's 7] 1002=[X's 8]   ──►  stream
 *                                 reads the stream up to its term: 1000 was the last
 *
 * RabbitMQ delivers the queue to one consumer alone: a server that gets a publication is the sequencer. Before it
 * stamps a message it begins a term, and reads the stream up to there. Stamps that the sequencer before it has in
 * flight come after that and do not count (stream-entry.ts); their publications were never acknowledged, so they
 * come here. The sequencer acknowledges a publication when the broker has confirmed the stamped message, and knows
 * by its number a publication that was stamped before. It lives as long as its connection.
 */
export type SequencerOptions = {
  channel: ConfirmChannel;
  /** Of publications. */
  queue: string;
  stream: string;
  /** Begins a term: writes a mark into the stream and reads the stream up to there. */
  beginTerm(): Promise<Term>;
  /** Called when the broker has rejected a message, or a term could not begin: the connection has to be closed. */
  onFailure(error: Error): void;
};

/** What a sequencer knows when its term begins. */
export type Term = { term: number; logId: string; head: number; numbers: ReadonlyMap<string, number> };

export class Sequencer {
  readonly #options: SequencerOptions;
  #term: Promise<Term> | undefined;
  #seq = 0;
  #numbers = new Map<string, number>();

  constructor(options: SequencerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { channel, queue, onFailure } = this.#options;
    await channel.prefetch(stampsInFlight);
    await channel.consume(queue, (delivery) => {
      if (delivery) this.#take(delivery);
      else onFailure(new Error('the queue of publications was deleted'));
    });
  }

  #take(delivery: ConsumeMessage): void {
    this.#term ??= this.#begin();
    this.#term.then((term) => this.#stamp(delivery, term)).catch(this.#options.onFailure);
  }

  async #begin(): Promise<Term> {
    const term = await this.#options.beginTerm();
    this.#seq = term.head;
    this.#numbers = new Map(term.numbers);
    return term;
  }

  #stamp(delivery: ConsumeMessage, { term, logId }: Term): void {
    const { channel, stream, onFailure } = this.#options;
    const publication = readPublication(delivery.content);
    // Of another program; or stamped before, and published again because its publisher had not read it back yet.
    if (!publication || publication.number <= (this.#numbers.get(publication.from) ?? 0)) {
      channel.ack(delivery);
      return;
    }
    const { from, number, body, dueMs, key } = publication;
    this.#seq += 1;
    this.#numbers.set(from, number);
    const message: Message = { seq: this.#seq, dueMs, body, ...(key !== undefined && { key }) };
    const entry: Stamped = { logId, term, from, number, message };
    channel.sendToQueue(stream, Buffer.from(JSON.stringify(entry)), {}, (error) => {
      if (error) onFailure(new Error('the broker rejected a message'));
      else channel.ack(delivery);
    });
  }
}

/** A publication in the queue: `number` counts the publications of `from`. */
export type Numbered = { from: string; number: number; body: string; dueMs: number; key?: string };

/** Reads a publication. Returns `undefined` for one that another program wrote. */
function readPublication(content: Buffer): Numbered | undefined {
  try {
    const data = parseJson(String(content)) as Numbered;
    const { body, dueMs = 0, key } = parsePublication(data);
    const { from, number } = data;
    if (typeof from !== 'string' || !Number.isSafeInteger(number)) return undefined;
    return { from, number, body, dueMs, key };
  } catch {
    return undefined;
  }
}
