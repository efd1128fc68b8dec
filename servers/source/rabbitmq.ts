import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';
import { BadInput, type Message, type Publication } from '../log/message.ts';
import { type LogOptions, MessageLog, newLogId } from '../log/message-log.ts';
import { nowMs } from '../meter/clock.ts';
import { type Playing, playSchedule } from './player.ts';
import { PublishedIds } from './published-ids.ts';
import { nameOfRabbit, parseRabbitUrl, type RabbitAddress, rabbitProblem } from './rabbit-address.ts';
import type { Schedule } from './schedule.ts';
import { type Numbered, Sequencer, type Term } from './sequencer.ts';
import type { MessageSource } from './source.ts';
import { type Mark, parseStreamEntry, type Stamped, Transcript } from './stream-entry.ts';

/**
 * One source for servers in many processes and on many hosts: a RabbitMQ stream that all of them read.
 *
 *     every server  ──publication──►[ queue ]──► sequencer ──seq──►[ stream ]──► every server's log
 *                   ◄────────────────── read back: now it is published ──┘
 *
 * The sequencer is one of the servers (sequencer.ts). After every break a server publishes its publications again,
 * until it reads them in the stream; the sequencer knows by their numbers those that it has stamped before. So no
 * message is lost, and none comes twice.
 *
 * All logs have the same id and the same `seq`: a client may move from one server to another with its cursor. After
 * a break a server reads on from its offset. Messages that the stream has dropped by then leave a hole in the log,
 * and count as missed.
 *
 * Left out: a stream on several nodes, and the clocks of several hosts: `dueMs` is from the publisher's clock.
 */
export type RabbitOptions = {
  /** Where RabbitMQ is: `amqp://name:password@host:port/vhost`. */
  url: string;
  /** The stream's name and, with ".publications", the queue's. Servers with the same name share one source. Default `push-versus-polling`. */
  name?: string;
  log?: LogOptions;
  /** Called with a sentence when the connection is lost, and when it is back. */
  onNews?: (text: string) => void;
};

/** Publications that may wait until they are read back; further ones are refused. */
const pendingLimit = 10_000;

/** A publication that has not been read back yet. */
type Pending = { text: Buffer; resolve(message: Message): void; reject(error: Error): void };

export class RabbitSource implements MessageSource {
  /** Rejects when the source can't go on, in an `Error` of one line. Never resolves. */
  readonly failed: Promise<never>;
  #fail: (error: Error) => void = () => {};
  readonly #address: RabbitAddress;
  readonly #options: RabbitOptions;
  readonly #stream: string;
  readonly #queue: string;
  /** Names this server as a publisher. */
  readonly #id = randomUUID();
  readonly #transcript = new Transcript();
  readonly #pending = new Map<number, Pending>();
  /** Emits the offset of each mark that has been read back. */
  readonly #marks = new EventEmitter();
  #log: MessageLog | undefined;
  #offset: number | undefined;
  #published = 0;
  readonly #ids = new PublishedIds();
  #writer: ConfirmChannel | undefined;
  #connection: Promise<{ close(): Promise<void> }> | undefined;
  #isClosed = false;
  #playing: Playing | undefined;

  private constructor(options: RabbitOptions) {
    this.#options = options;
    this.#address = parseRabbitUrl(options.url);
    this.#stream = options.name ?? 'push-versus-polling';
    this.#queue = `${this.#stream}.publications`;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => this.close());
  }

  /**
   * Connects, and reads the stream up to where it ends now, so that the log is complete from the start.
   * Rejects with an `Error` of one line when the connection fails.
   */
  static async open(options: RabbitOptions): Promise<RabbitSource> {
    const source = new RabbitSource(options);
    await Promise.race([source.#connect(), source.failed]);
    return source;
  }

  get log(): MessageLog {
    return this.#log as MessageLog;
  }

  /** Resolves when all its publications have been read back or, without waiting for that, when it was stopped. */
  async play(schedule: Schedule, startMs: number): Promise<void> {
    this.stop();
    const underWay = new Set<Promise<unknown>>();
    const playing = playSchedule(schedule, startMs, (body, dueMs) => {
      const publication: Promise<unknown> = this.publish({ body, dueMs })
        .catch(() => {})
        .then(() => underWay.delete(publication));
      underWay.add(publication);
    });
    this.#playing = playing;
    await playing.ended;
    if (this.#playing === playing) await Promise.all(underWay);
  }

  /** Resolves when this server's log has the message. Rejects when too many wait for that, and when the source is closed. */
  publish({ id, ...publication }: Publication): Promise<{ seq: number }> {
    return this.#ids.once(id, () => this.#publish(publication));
  }

  async #publish({ body, dueMs = nowMs(), key }: Publication): Promise<Message> {
    if (this.#isClosed) throw new BadInput('the source was closed', 503);
    if (this.#pending.size >= pendingLimit)
      throw new BadInput(
        `RabbitMQ is disconnected, and ${pendingLimit} publications are pending: publish again later`,
        503,
      );
    this.#published += 1;
    const number = this.#published;
    const numbered: Numbered = { from: this.#id, number, body, dueMs: Math.round(dueMs * 1000) / 1000, key };
    const text = Buffer.from(JSON.stringify(numbered));
    try {
      this.#writer?.sendToQueue(this.#queue, text);
    } catch {
      // The channel has just closed: the next connection sends it.
    }
    return new Promise((resolve, reject) => this.#pending.set(number, { text, resolve, reject }));
  }

  stop(): void {
    this.#playing?.stop();
    this.#playing = undefined;
  }

  /** Ends the connection, also one that is just being opened. The stream stays, for the next server. */
  async close(): Promise<void> {
    this.stop();
    this.#isClosed = true;
    this.#writer = undefined;
    for (const { reject } of this.#pending.values()) reject(new BadInput('the source was closed', 503));
    this.#pending.clear();
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  async #connect(): Promise<void> {
    const { onNews = () => {} } = this.#options;
    const name = nameOfRabbit(this.#address);
    let lostAtMs: number | undefined;
    const connecting = connect(this.#address, {
      noDelay: true,
      timeout: 5000,
      recovery: {
        initialMaxRetries: 0,
        maxDelay: 2000,
        setup: (model: ChannelModel) => this.#setUp(model),
      },
    });
    this.#connection = connecting;
    const connection = await connecting.catch((error) => {
      throw new Error(rabbitProblem(this.#address, error));
    });
    connection.on('error', () => {}); // It is followed by 'disconnect'.
    connection.on('disconnect', ({ message }: Error) => {
      this.#writer = undefined;
      lostAtMs = nowMs();
      onNews(`${name} disconnected (${message}): publications wait until the connection is back`);
    });
    connection.on('connect', () => {
      if (lostAtMs !== undefined) onNews(`${name} reconnected after ${Math.round(nowMs() - lostAtMs)} ms`);
    });
  }

  /** Makes everything that ends with its connection. */
  async #setUp(model: ChannelModel): Promise<void> {
    const gone = new Promise<never>((_, reject) =>
      model.once('close', (error?: Error) => reject(error ?? new Error('the connection was closed'))),
    );
    gone.catch(() => {});
    model.on('error', () => {}); // It is followed by 'close'.
    const giveUp = () => void model.close().catch(() => {});
    const writer = await model.createConfirmChannel();
    const reader = await model.createChannel();
    for (const channel of [writer, reader]) channel.on('error', giveUp);
    await writer.assertQueue(this.#stream, {
      durable: true,
      arguments: {
        'x-queue-type': 'stream',
        // As much as a log keeps. It drops its oldest messages by the segment.
        'x-max-length-bytes': 256 * 1024 * 1024,
        'x-stream-max-segment-size-bytes': 16 * 1024 * 1024,
      },
    });
    await writer.assertQueue(this.#queue, {
      durable: false,
      // RabbitMQ deletes it when no server has read it for this long.
      expires: 10 * 60_000,
      arguments: { 'x-single-active-consumer': true },
    });
    // A stream requires a limit.
    await reader.prefetch(500);
    this.#transcript.begin();
    await reader.consume(
      this.#stream,
      (delivery) => {
        if (!delivery) return giveUp();
        reader.ack(delivery);
        this.#read(delivery);
      },
      { arguments: { 'x-stream-offset': this.#offset === undefined ? 'first' : this.#offset + 1 } },
    );
    await Promise.race([gone, this.#writeMark(writer, {})]);
    this.#append(this.#transcript.decide());
    if (!this.#log)
      throw new Error(
        `the stream "${this.#stream}" has no messages of this lab: delete the stream, or use another virtual host`,
      );

    // From here on all is as it was before the break.
    this.#writer = writer;
    for (const { text } of this.#pending.values()) writer.sendToQueue(this.#queue, text);
    const sequencer = new Sequencer({
      channel: writer,
      queue: this.#queue,
      stream: this.#stream,
      beginTerm: () => Promise.race([gone, this.#beginTerm(writer)]),
      onFailure: giveUp,
    });
    await sequencer.start();
  }

  async #beginTerm(writer: ConfirmChannel): Promise<Term> {
    const term = await this.#writeMark(writer, { term: true });
    const { logId, head, numbers } = this.#transcript;
    return { term, logId: logId as string, head, numbers };
  }

  /** Writes a mark into the stream. Resolves with its offset when it has been read back, and all entries before it. */
  async #writeMark(writer: ConfirmChannel, kind: Pick<Mark, 'term'>): Promise<number> {
    const mark = randomUUID();
    const entry: Mark = { mark, logId: this.#transcript.logId, proposes: newLogId(), ...kind };
    writer.sendToQueue(this.#stream, Buffer.from(JSON.stringify(entry)));
    const signal = AbortSignal.timeout(30_000);
    const [offset] = await once(this.#marks, `read ${mark}`, { signal }).catch(() => {
      throw new Error('the stream sent nothing for 30 s');
    });
    return offset;
  }

  #read({ content, properties }: ConsumeMessage): void {
    const offset = Number(properties.headers?.['x-stream-offset']);
    this.#offset = offset;
    const entry = parseStreamEntry(String(content));
    if (!entry) return;
    try {
      this.#append(this.#transcript.take(entry, offset));
      if ('mark' in entry) this.#marks.emit(`read ${entry.mark}`, offset);
    } catch (error) {
      this.#fail(new Error(`${nameOfRabbit(this.#address)}: ${(error as Error).message}`));
    }
  }

  /** Adds messages to the log, and resolves the publications of this server. */
  #append(stamps: readonly Stamped[]): void {
    const { logId } = this.#transcript;
    if (logId === undefined) return;
    this.#log ??= new MessageLog(this.#options.log, logId);
    for (const { from, number, message } of stamps) {
      this.#log.take(message);
      if (from !== this.#id) continue;
      this.#pending.get(number)?.resolve(message);
      this.#pending.delete(number);
    }
  }
}
