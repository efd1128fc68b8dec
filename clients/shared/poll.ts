import { type Batch, isBatch, type Publication, parseDelivery } from '../../servers/log/message.ts';
import type { ClientOptions } from '../client.ts';
import { backoffMs } from './backoff.ts';
import { BaseClient } from './base-client.ts';
import type { Http, Openers } from './openers.ts';
import { HttpPublisher, responseLimitMs } from './publisher.ts';
import { refusal } from './refusal.ts';
import { setTimer } from './timer.ts';

/**
 * A client that polls. *When* to poll is what tells the polling clients apart: each has its own loop, `run`, that ends
 * when the client is stopped. The first response tells the client its place in the log: for that it polls paused or
 * not, and asks a long poll not to wait.
 */
export abstract class Poll extends BaseClient {
  /** The last batch was cut at its limit: poll again at once. */
  protected more = false;
  readonly #http: Http;
  readonly #publisher: HttpPublisher;
  readonly #options: ClientOptions;
  #failuresInARow = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: () => void = () => {};

  /** `limitMs` is how long a response may take, unless the options set another limit. */
  constructor(options: ClientOptions, openers: Pick<Openers, 'http'>, limitMs = responseLimitMs) {
    super(options);
    const { keepAlive, silenceLimitMs = limitMs } = options;
    this.#http = openers.http(options.url, { keepAlive, silenceLimitMs });
    this.#publisher = new HttpPublisher(options, openers);
    this.#options = options;
  }

  protected abstract run(): Promise<void>;

  protected connect(): void {
    void this.run();
  }

  override resume(): void {
    super.resume();
    this.wake();
  }

  protected send(publication: Publication & { id: string }): Promise<void> {
    return this.#publisher.publish(publication);
  }

  override stop(): void {
    super.stop();
    clearTimeout(this.#timer);
    this.#http.close();
    this.#publisher.close();
  }

  /** Polls once and hands the messages over. Returns the batch, or `undefined` after a failure, which is counted. */
  protected async ask(): Promise<Batch | undefined> {
    this.counters.requests += 1;
    this.more = false;
    const onAnswer = this.#options.onAsk?.();
    try {
      const { status, text } = await this.#http.ask('GET', this.#path);
      if (status !== 200) throw new Error(refusal(status, text));
      const batch = parseDelivery(text);
      if (!isBatch(batch)) throw new Error('the response is a message, not a batch');
      this.#failuresInARow = 0;
      onAnswer?.(batch);
      if (batch.messages.length === 0) this.counters.empty += 1;
      this.more = batch.more ?? false;
      this.take(batch);
      return batch;
    } catch (error) {
      // A poll that stop() cuts off has not failed.
      if (this.isStopped) return undefined;
      this.#failuresInARow += 1;
      this.counters.failures += 1;
      this.counters.lastFailure = (error as Error).message;
      return undefined;
    }
  }

  /** Waits before the next try. */
  protected async backOff(): Promise<void> {
    const { random = Math.random, backoff } = this.#options;
    await this.sleep(backoffMs(this.#failuresInARow, random, backoff));
  }

  /** Waits for this time. Returns false if the client was stopped before; if it is stopped in between, the loop ends here. */
  protected async sleep(ms: number): Promise<boolean> {
    if (!this.isStopped)
      await new Promise<void>((resolve) => {
        this.#timer = setTimer(resolve, ms);
      });
    return !this.isStopped;
  }

  /** Waits until the client is not paused and `wake()` has found the condition true. For `stop()` see `sleep`. */
  protected async until(condition = () => true): Promise<boolean> {
    const isWaiting = () => (this.isPaused && this.isStarted) || !condition();
    while (!this.isStopped && isWaiting())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return !this.isStopped;
  }

  protected wake(): void {
    this.#wake();
  }

  get #path(): string {
    const { cursor } = this.ledger;
    if (!cursor) return '/messages';
    const latest = this.#options.contract === 'latest' ? '&latest' : '';
    return `/messages?after=${cursor}${latest}${this.isStarted ? '' : '&wait=0'}`;
  }
}
