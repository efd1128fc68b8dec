import { connect } from 'node:net';
import { nowMs } from '../../servers/meter/clock.ts';
import { type Handlers, serveCalls } from '../harness/child.ts';
import { type BareClient, PushClient } from './bare-client.ts';
import { openAll } from './clients/stand.js';
import type { Language } from './languages.ts';
import { isLongPoll, LongPollClient, type LongPollLanguage } from './long-poll-client.ts';

/** The clients of all contests that measure servers, in a process of their own so that their cost is not the server's. */

const clients: BareClient[] = [];

/** For each message, when the last client received it. */
let lastAtMs: number[] = [];

function onMessages(before: number, after: number): void {
  const atMs = nowMs();
  for (let place = before; place < after; place += 1) lastAtMs[place] = atMs;
}

/** Connects clients to a server that speaks this language. Resolves when the server has accepted all of them. */
async function connectAll(wanted: {
  language: Language | LongPollLanguage;
  port: number;
  members: number;
}): Promise<void> {
  const { language, port, members } = wanted;
  reset();
  await openAll(members, () => {
    const client = isLongPoll(language)
      ? new LongPollClient(port, language, onMessages)
      : new PushClient(port, language, onMessages);
    clients.push(client);
    return client.connect();
  });
}

/** Waits until each client has received that number of messages, at most `limitMs`. */
async function received({ messages, limitMs }: { messages: number; limitMs: number }) {
  const deadlineMs = nowMs() + limitMs;
  while (clients.some((client) => client.messages < messages) && nowMs() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return { received: clients.map((client) => client.messages), lastAtMs };
}

/** Sets all counts to 0. */
function reset(): void {
  for (const client of clients) client.messages = 0;
  lastAtMs = [];
}

async function disconnectAll(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.disconnect()));
}

/** Polls that are sent again as soon as they have their response. */
type Asking = {
  port: number;
  /** The path and query, the same for all. */
  path: string;
  members: number;
  durationMs: number;
  /** Bytes of the body of every response. */
  bodyBytes: number;
};

/** Polls for `durationMs`. Returns the number of responses; rejects on a response that is longer than expected. */
async function ask({ members, ...asking }: Asking): Promise<number> {
  const endMs = nowMs() + asking.durationMs;
  const answered = await Promise.all(Array.from({ length: members }, () => askOn(asking, endMs)));
  return answered.reduce((sum, count) => sum + count, 0);
}

/** One connection. It only counts bytes, since its CPU is missing from the load on the server. */
function askOn({ port, path, bodyBytes }: Omit<Asking, 'members'>, endMs: number): Promise<number> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  return new Promise((resolve, reject) => {
    let answered = 0;
    let bytes = 0;
    // The date in the head changes, but not its length.
    let answerBytes = 0;
    socket.on('error', reject).on('close', () => resolve(answered));
    socket.on('connect', () => socket.write(request));
    socket.on('data', (piece: Buffer) => {
      if (answerBytes === 0) answerBytes = piece.indexOf('\r\n\r\n') + 4 + bodyBytes;
      bytes += piece.length;
      if (bytes > answerBytes) reject(new Error(`expected a response of ${answerBytes} bytes, got ${bytes}`));
      if (bytes < answerBytes) return;
      bytes = 0;
      answered += 1;
      if (nowMs() < endMs) socket.write(request);
      else socket.destroy();
    });
  });
}

const handlers = { connectAll, received, reset, disconnectAll, ask } satisfies Handlers;

export type BareHandlers = typeof handlers;

serveCalls(handlers);
