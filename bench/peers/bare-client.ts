import { connect, type Socket } from 'node:net';
import { type Language, languages } from './languages.ts';
import { MarkCounter } from './message-line.ts';

/**
 * A client of a contest: a bare socket that counts messages at the least cost, the same for every server. It parses no
 * more than it needs for its next request.
 */
export abstract class BareClient {
  /** Messages received since this was last set to 0. */
  messages = 0;
  protected readonly socket: Socket;
  /** Called when the connection has failed or is closed. */
  protected onBroken: (error: Error) => void = () => {};
  readonly #counter = new MarkCounter();

  /** `onMessages` is called with the number of messages before and after each piece that ends some. */
  constructor(port: number, onMessages: (before: number, after: number) => void) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('error', (error) => this.onBroken(error));
    this.socket.on('close', () => this.onBroken(new Error('the server closed the connection')));
    this.socket.on('data', (piece: Buffer) => {
      this.take(piece);
      const ended = this.#counter.take(piece);
      if (ended === 0) return;
      this.messages += ended;
      onMessages(this.messages - ended, this.messages);
    });
  }

  /** Resolves when the server has accepted the client. Rejects if it closes the connection before. */
  abstract connect(): Promise<void>;

  async disconnect(): Promise<void> {
    if (this.socket.closed) return;
    await new Promise((gone) => this.socket.once('close', gone).destroy());
  }

  protected abstract take(piece: Buffer): void;
}

/** A client of a server that pushes: it sends the greeting of the server's protocol, and receives. */
export class PushClient extends BareClient {
  readonly #language: Language;
  #received: string | undefined = '';
  #onAccepted: () => void = () => {};

  constructor(port: number, language: Language, onMessages: (before: number, after: number) => void) {
    super(port, onMessages);
    this.#language = language;
  }

  connect(): Promise<void> {
    const { greeting, isIn } = languages[this.#language];
    return new Promise((resolve, reject) => {
      this.onBroken = reject;
      this.#onAccepted = resolve;
      this.socket.once('connect', () => {
        this.socket.write(greeting);
        if (isIn === undefined) this.#accept();
      });
    });
  }

  protected take(piece: Buffer): void {
    if (this.#received === undefined) return;
    const { isIn = '', answer } = languages[this.#language];
    if (answer && this.#received === '') this.socket.write(answer);
    this.#received += piece.toString('latin1');
    if (this.#received.includes(isIn)) this.#accept();
  }

  #accept(): void {
    this.#received = undefined;
    this.#onAccepted();
  }
}
