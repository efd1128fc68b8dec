import { type Batch, isBatch, type Message, type Publication } from '../../servers/log/message.ts';
import { type Client, type ClientOptions, newCounters } from '../client.ts';
import { Ledger } from './ledger.ts';

/**
 * What all six clients share: they hand messages over one at a time, and the ledger advances with each.
 *
 *     arrives      [7 8 9]
 *     handler       7 8            9        the handler of 8 calls pause()
 *     cursor        7 8            9
 *                      ^ pause()   ^ resume()
 *
 * Messages that wait for `resume()` are lost with their connection. The cursor is still before them, so the
 * next connection brings them again.
 */
export abstract class BaseClient implements Client {
  readonly ledger: Ledger;
  readonly counters = newCounters();
  protected isPaused = false;
  /** `start()` has resolved. */
  protected isStarted = false;
  protected isStopped = false;
  #isStarting = false;
  #handle: (message: Message) => void = ignore;
  /** Where reading can be paused, that is at most what was already in the socket. */
  #arrived: Iterator<Message>[] = [];
  #onStarted: () => void = ignore;
  #onStopped: (reason: Error) => void = ignore;

  constructor({ after }: ClientOptions) {
    this.ledger = new Ledger(after);
  }

  /** Begins to receive; `acknowledge` says when that has worked. */
  protected abstract connect(): void;

  protected abstract send(publication: Publication & { id: string }): Promise<void>;

  /** The id is not from the client's seeded `random`: two clients with one seed would publish under the same ids. */
  async publish(body: string, dueMs: number, id = Math.random().toString(36).slice(2)): Promise<void> {
    if (this.isStopped) throw stopped();
    await this.send({ body, dueMs, id }).catch((error) => {
      throw this.isStopped ? stopped() : error;
    });
  }

  start(onMessage: (message: Message) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isStopped) return reject(stopped());
      if (this.#isStarting)
        return reject(new Error('start() was called before: expected one call per client'));
      this.#isStarting = true;
      this.#handle = onMessage;
      this.#onStarted = resolve;
      this.#onStopped = reject;
      this.connect();
    });
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    // Not before resume() has returned: its caller may be in the middle of something.
    queueMicrotask(() => this.#handOver());
  }

  stop(): void {
    this.isStopped = true;
    this.discard();
    this.#onStopped(stopped());
  }

  /** The client knows its place in the log: `start()` resolves. */
  protected acknowledge(): void {
    this.isStarted = true;
    this.#onStarted();
  }

  /** Takes what has arrived, and hands it over unless the client is paused. */
  protected take(delivery: Batch | Message): void {
    if (this.isStopped) return;
    if (!isBatch(delivery) && !this.isPaused && this.#arrived.length === 0) {
      if (this.ledger.takeMessage(delivery)) this.hand(delivery);
      return;
    }
    this.#arrived.push(this.ledger.take(delivery));
    if (isBatch(delivery)) this.acknowledge();
    this.#handOver();
  }

  /** Forgets what has arrived and was not handed over. */
  protected discard(): void {
    this.#arrived = [];
  }

  protected hand(message: Message): void {
    callHandler(this.#handle, message);
  }

  #handOver(): void {
    while (!this.isPaused && this.#arrived[0]) {
      const { done, value } = this.#arrived[0].next();
      if (done) this.#arrived.shift();
      else this.hand(value);
    }
  }
}

/** Calls the application's handler. What it throws becomes an uncaught exception, and the next message follows. */
export function callHandler(handle: (message: Message) => void, message: Message): void {
  try {
    handle(message);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Why a call fails that was pending at `stop()`, or came later. */
function stopped(): Error {
  return new Error('the client was stopped');
}

function ignore(): void {}
