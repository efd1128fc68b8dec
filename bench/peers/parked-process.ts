import { connect, type Socket } from 'node:net';
import { type Handlers, serveCalls } from '../harness/child.ts';
import { MarkCounter } from './message-line.ts';

/**
 * Clients that poll and are held: bare sockets that say what a long poll wants to hear, ask again as soon as
 * they are answered, and count the messages in the answers. They parse no more than they have to.
 */

/** Whose long poll is spoken: the lab's, or that of Socket.IO (Engine.IO protocol 4 over HTTP). */
export type Tongue = 'lab' | 'socket.io';

/** Sockets that connect at the same time. */
const connectAtOnce = 100;

let members: Parked[] = [];

/** Connects so many. Resolves when the server has let all of them in, and each has asked for what comes next. */
async function park(told: { tongue: Tongue; port: number; members: number }): Promise<void> {
  const asking = Array.from({ length: told.members }, () => new Parked(told.port, told.tongue));
  members = asking;
  for (let first = 0; first < asking.length; first += connectAtOnce)
    await Promise.all(asking.slice(first, first + connectAtOnce).map((member) => member.enter()));
}

/** Waits until everybody has had so many messages since `forget`, at most `limitMs`. Returns how many each has. */
async function hearOut({ messages, limitMs }: { messages: number; limitMs: number }): Promise<number[]> {
  const deadlineMs = performance.now() + limitMs;
  while (members.some((member) => member.messages < messages) && performance.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return members.map((member) => member.messages);
}

/** Counts from zero. */
function forget(): void {
  for (const member of members) member.messages = 0;
}

/** Everybody leaves. */
async function leave(): Promise<void> {
  await Promise.all(members.map((member) => member.leave()));
  members = [];
}

class Parked {
  messages = 0;
  readonly #socket: Socket;
  readonly #tongue: Tongue;
  readonly #counter = new MarkCounter();
  #head = '';
  #bodyBytesLeft = 0;
  #body: Buffer[] = [];
  #onAnswer: (body: string) => void = () => {};
  #onBroken: (error: Error) => void = () => {};

  constructor(port: number, tongue: Tongue) {
    this.#tongue = tongue;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (piece: Buffer) => this.#take(piece));
    this.#socket.on('error', (error) => this.#onBroken(error));
    this.#socket.on('close', () => this.#onBroken(new Error('the server closed the connection')));
  }

  /** Is let in, and asks for the first time for what comes next. Rejects when it isn't. */
  async enter(): Promise<void> {
    if (this.#tongue === 'lab') {
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

  async leave(): Promise<void> {
    if (this.#socket.closed) return;
    await new Promise((gone) => this.#socket.once('close', gone).destroy());
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
      this.#onBroken = reject;
      this.#send(method, path, body);
    });
  }

  #send(method: 'GET' | 'POST', path: string, body?: string): void {
    const length = body === undefined ? '' : `content-type: text/plain\r\ncontent-length: ${body.length}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${length}\r\n${body ?? ''}`);
  }

  /** Reads an answer: its head, then as many bytes as that says. */
  #take(piece: Buffer): void {
    this.messages += this.#counter.take(piece);
    let rest = piece;
    if (this.#bodyBytesLeft === 0) {
      this.#head += piece.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /content-length: (\d+)/i.exec(this.#head);
      if (!length) {
        this.#onBroken(new Error(`response without a content-length: ${this.#head}`));
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

const handlers = { park, hearOut, forget, leave } satisfies Handlers;

export type ParkedHandlers = typeof handlers;

serveCalls(handlers);
