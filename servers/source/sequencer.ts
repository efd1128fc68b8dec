import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { type Message, parseJson, parsePublication } from '../message.ts';
import type { Stamped } from './stream-entry.ts';

/**
 * Gives publications their `seq`: one server at a time does it for all, the others stand by.
 *
 *     RabbitMQ  ──X's 7──X's 8──►                                         ──X's 9──►
 *     sequencer                  ──[term]──►…◄─[term]─  1001=[X's 7] 1002=[X's 8]   ──►  stream
 *                                 reads on until here: 1000 was the last
 *
 * That a publication arrives is the sign: RabbitMQ gives the queue to one consumer alone. Before it stamps
 * anything it begins a term, and reads the stream up to there. What the one before it was still about to
 * write comes after that and counts for nothing (see stream-entry.ts); its publication was never
 * acknowledged, so it comes here. A publication is acknowledged once the broker has confirmed the stamped
 * message, and one that was stamped before is known by its number.
 *
 * Lives as long as its connection.
 */
export type SequencerOptions = {
  channel: ConfirmChannel;
  /** The queue of publications, and the stream. */
  queue: string;
  stream: string;
  /** Begins a term: writes a mark into the stream and reads up to there. */
  beginTerm(): Promise<Term>;
  /** The broker has refused a message, or a term could not begin: the connection is to be given up. */
  onFailure(error: Error): void;
};

/** What a sequencer knows when its term begins. */
export type Term = { term: string; log: string; head: number; numbers: ReadonlyMap<string, number> };

/** Publications that may be on their way or waiting for a confirmation. */
const publicationsAhead = 500;

export class Sequencer {
  readonly #options: SequencerOptions;
  /** Publications that came before the term had begun; `undefined` from then on. */
  #early: ConsumeMessage[] | undefined;
  #term: Term | undefined;
  #seq = 0;
  #numbers = new Map<string, number>();

  constructor(options: SequencerOptions) {
    this.#options = options;
  }

  /** Stands by, and begins when publications come. */
  async start(): Promise<void> {
    const { channel, queue, onFailure } = this.#options;
    await channel.prefetch(publicationsAhead);
    await channel.consume(queue, (delivery) => {
      if (delivery) this.#take(delivery);
      else onFailure(new Error('the queue of publications was deleted'));
    });
  }

  #take(delivery: ConsumeMessage): void {
    if (this.#term) this.#stamp(delivery, this.#term);
    else if (this.#early) this.#early.push(delivery);
    else {
      this.#early = [delivery];
      this.#begin().catch(this.#options.onFailure);
    }
  }

  async #begin(): Promise<void> {
    const term = await this.#options.beginTerm();
    this.#seq = term.head;
    this.#numbers = new Map(term.numbers);
    this.#term = term;
    for (const delivery of this.#early ?? []) this.#stamp(delivery, term);
    this.#early = undefined;
  }

  #stamp(delivery: ConsumeMessage, { term, log }: Term): void {
    const { channel, stream, onFailure } = this.#options;
    const publication = readPublication(delivery.content);
    // Somebody else's; or stamped before, and published again because its publisher had not read it yet.
    if (!publication || publication.number <= (this.#numbers.get(publication.from) ?? 0)) {
      channel.ack(delivery);
      return;
    }
    const { from, number, body, dueMs, key } = publication;
    this.#seq += 1;
    this.#numbers.set(from, number);
    const message: Message = { seq: this.#seq, dueMs, body, ...(key !== undefined && { key }) };
    const entry: Stamped = { log, term, from, number, message };
    channel.sendToQueue(stream, Buffer.from(JSON.stringify(entry)), {}, (error) => {
      if (error) onFailure(new Error('the broker rejected a message'));
      else channel.ack(delivery);
    });
  }
}

/** A publication as it waits in the queue: by whom, and the how manieth of theirs. */
export type Numbered = { from: string; number: number; body: string; dueMs: number; key?: string };

/** Reads a publication. `undefined` for what was written by somebody else. */
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
