import { BareClient } from './bare-client.ts';

/** The long poll of the lab, and that of Socket.IO (Engine.IO protocol 4 over HTTP). */
export type LongPollLanguage = 'lab-long-poll' | 'socket.io-long-poll';

export function isLongPoll(language: string): language is LongPollLanguage {
  return language.endsWith('-long-poll');
}

/** A client that sends its next long poll as soon as it has the response. */
export class LongPollClient extends BareClient {
  readonly #language: LongPollLanguage;
  #head = '';
  #bodyBytesLeft = 0;
  #body: Buffer[] = [];
  #onAnswer: (body: string) => void = () => {};

  constructor(port: number, language: LongPollLanguage, onMessages: (before: number, after: number) => void) {
    super(port, onMessages);
    this.#language = language;
  }

  /** Resolves when the server has accepted the client and its first long poll is sent. */
  async connect(): Promise<void> {
    if (this.#language === 'lab-long-poll') {
      this.#askLab(nextIn(await this.#ask('GET', '/messages')));
      return;
    }
    const opened = await this.#ask('GET', '/socket.io/?EIO=4&transport=polling');
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    await this.#ask('POST', path, '40');
    const entered = await this.#ask('GET', path);
    if (!entered.startsWith('40')) throw new Error(`Socket.IO rejected the connection: ${entered}`);
    this.#askSocketIo(path);
  }

  #askLab(after: string): void {
    this.#send('GET', `/messages?after=${after}`);
    this.#onAnswer = (body) => this.#askLab(nextIn(body));
  }

  #askSocketIo(path: string): void {
    this.#send('GET', path);
    this.#onAnswer = (body) => {
      // A ping is answered on the same connection, before it asks again.
      if (!body.split('\u001e').includes('2')) return this.#askSocketIo(path);
      this.#send('POST', path, '3');
      this.#onAnswer = () => this.#askSocketIo(path);
    };
  }

  #ask(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onAnswer = resolve;
      this.onBroken = reject;
      this.#send(method, path, body);
    });
  }

  #send(method: 'GET' | 'POST', path: string, body?: string): void {
    const length = body === undefined ? '' : `content-type: text/plain\r\ncontent-length: ${body.length}\r\n`;
    this.socket.write(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${length}\r\n${body ?? ''}`);
  }

  /** Reads an answer: its head, then as many bytes as that says. */
  protected take(piece: Buffer): void {
    let rest = piece;
    if (this.#bodyBytesLeft === 0) {
      this.#head += piece.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /content-length: (\d+)/i.exec(this.#head);
      if (!length) {
        this.onBroken(new Error(`response without a content-length: ${this.#head}`));
        return;
      }
      rest = piece.subarray(piece.length - (this.#head.length - end - 4));
      this.#bodyBytesLeft = Number(length[1]);
      this.#head = '';
    }
    this.#bodyBytesLeft -= rest.length;
    this.#body.push(rest);
    if (this.#bodyBytesLeft > 0) return;
    const body = Buffer.concat(this.#body).toString();
    this.#body = [];
    this.#onAnswer(body);
  }
}

function nextIn(body: string): string {
  return /"next":"([^"]+)"/.exec(body)?.[1] ?? '';
}
