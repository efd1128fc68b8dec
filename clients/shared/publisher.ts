import type { Publication } from '../../servers/log/message.ts';
import type { ClientOptions } from '../client.ts';
import type { Http, Openers } from './openers.ts';
import { refusal } from './refusal.ts';

/** How long a response may take that the server sends at once: far more than a busy server needs. */
export const responseLimitMs = 15_000;

/** Publishes by `POST /messages`, on its own connection: a pending poll would keep a publication waiting. */
export class HttpPublisher {
  readonly #options: ClientOptions;
  readonly #openers: Pick<Openers, 'http'>;
  /** Opened for the first publication: most clients only receive. */
  #http: Http | undefined;
  #isClosed = false;

  constructor(options: ClientOptions, openers: Pick<Openers, 'http'>) {
    this.#options = options;
    this.#openers = openers;
  }

  /** Resolves when the server has the message. Rejects with the server's reason when it refused it. */
  async publish(publication: Publication): Promise<void> {
    if (this.#isClosed) throw stopped();
    const { url, silenceLimitMs = responseLimitMs } = this.#options;
    this.#http ??= this.#openers.http(url, { silenceLimitMs });
    const { status, text } = await this.#http
      .ask('POST', '/messages', JSON.stringify(publication))
      .catch((error) => {
        throw this.#isClosed ? stopped() : error;
      });
    if (status !== 201) throw new Error(refusal(status, text));
  }

  /** Cuts off publications that are pending. */
  close(): void {
    this.#isClosed = true;
    this.#http?.close();
  }
}

/** Why a call fails that was pending at `stop()`, or came later. */
export function stopped(): Error {
  return new Error('the client was stopped');
}
