import { connect } from 'node:net';
import { nowMs } from '../../servers/meter/clock.ts';
import { type Handlers, serveCalls } from '../harness/child.ts';

/** Bare sockets that ask, and ask again as soon as they are answered, at the least cost: the same for every server. */
export type Asking = {
  port: number;
  /** The path and query, the same for all. */
  path: string;
  members: number;
  durationMs: number;
  /** Bytes of the body that every answer has. */
  bodyBytes: number;
};

/** Asks for so long. Returns how many polls were answered; rejects on an answer that is longer than it should be. */
async function ask({ members, ...asking }: Asking): Promise<number> {
  const endMs = nowMs() + asking.durationMs;
  const answered = await Promise.all(Array.from({ length: members }, () => member(asking, endMs)));
  return answered.reduce((sum, count) => sum + count, 0);
}

function member({ port, path, bodyBytes }: Omit<Asking, 'members'>, endMs: number): Promise<number> {
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

const handlers = { ask } satisfies Handlers;

export type PollsHandlers = typeof handlers;

serveCalls(handlers);
