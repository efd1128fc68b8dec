import type { Publication } from '../../servers/log/message.ts';
import type { ClientOptions } from '../client.ts';
import type { Http, Openers } from './openers.ts';
import { refusal } from './refusal.ts';

/** How long a response may take that the server sends at once. */
export const responseLimitMs = 15_000;

/** Publishes by `POST /messages`, on its own connection: a pending poll would keep a publication waiting. */
export class HttpPublisher {
  readonly #options: ClientOptions;
  readonly #openers: Pick<Openers, 'http'>;
  /** Opened for the first publication: most clients only receive. */
  #http: Http | undefined;

  constructor(options: ClientOptions, openers: Pick<Openers, 'http'>) {
    this.#options = options;
    this.#openers = openers;
  }

  async publish(publication: Publication): Promise<void> {
    const { url, silenceLimitMs = responseLimitMs } = this.#options;
    this.#http ??= this.#openers.http(url, { silenceLimitMs });
    const { status, text } = await this.#http.ask('POST', '/messages', JSON.stringify(publication));
    if (status !== 201) throw new Error(refusal(status, text));
  }

  /** Cuts off pending publications. */
  close(): void {
    this.#http?.close();
  }
}
