import { connect, type Socket } from 'node:net';
import { nowMs } from '../../servers/meter/clock.ts';
import { type Handlers, serveCalls } from '../harness/child.ts';
import { type Language, languages } from './languages.ts';
import { MarkCounter } from './message-line.ts';

/**
 * The audience of a contest: bare sockets that say what a server wants to hear and count what comes, at the
 * least cost. They parse nothing, so they are the same for everybody.
 */

/** Sockets that connect at the same time. */
const connectAtOnce = 100;

/** What the audience has heard: messages of each member, and of each message when the last member had it. */
export type Heard = { received: number[]; lastAtMs: number[]; closed: number };

let sockets: Socket[] = [];
let heard: Heard = { received: [], lastAtMs: [], closed: 0 };

/** Connects so many to a server that speaks this language. Resolves when the server has let all of them in. */
async function gather(told: { language: Language; port: number; members: number }): Promise<void> {
  heard = { received: new Array(told.members).fill(0), lastAtMs: [], closed: 0 };
  for (let first = 0; first < told.members; first += connectAtOnce)
    await Promise.all(
      Array.from({ length: Math.min(connectAtOnce, told.members - first) }, (_, index) =>
        enter(told.language, told.port, first + index),
      ),
    );
}

function enter(language: Language, port: number, index: number): Promise<void> {
  const { greeting, isIn, answer } = languages[language];
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  sockets.push(socket);
  const counter = new MarkCounter();
  return new Promise((resolve, reject) => {
    let said = '';
    let entered = false;
    socket.once('error', reject);
    socket.once('close', () => {
      heard.closed += 1;
    });
    socket.once('connect', () => {
      socket.write(greeting);
      if (isIn === undefined) enterNow();
    });
    socket.on('data', (piece: Buffer) => {
      if (!entered && isIn !== undefined) {
        const before = said.length;
        said += piece.toString('latin1');
        if (answer && before === 0) socket.write(answer);
        if (said.includes(isIn)) enterNow();
      }
      const ended = counter.take(piece);
      if (ended > 0) hear(index, ended);
    });

    function enterNow(): void {
      entered = true;
      resolve();
    }
  });
}

function hear(index: number, ended: number): void {
  const atMs = nowMs();
  const before = heard.received[index] as number;
  heard.received[index] = before + ended;
  for (let place = before; place < before + ended; place += 1) heard.lastAtMs[place] = atMs;
}

/** Waits until everybody has heard so many messages, at most `limitMs`, and tells what was heard. */
async function hearOut({ messages, limitMs }: { messages: number; limitMs: number }): Promise<Heard> {
  const deadlineMs = nowMs() + limitMs;
  while (heard.received.some((count) => count < messages) && nowMs() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return heard;
}

/** Counts from zero. */
function forget(): void {
  heard.received.fill(0);
  heard.lastAtMs = [];
}

/** Everybody leaves. */
async function leave(): Promise<void> {
  const leaving = sockets.filter((socket) => !socket.destroyed);
  await Promise.all(leaving.map((socket) => new Promise((gone) => socket.once('close', gone).destroy())));
  sockets = [];
}

const handlers = { gather, hearOut, forget, leave } satisfies Handlers;

export type AudienceHandlers = typeof handlers;

serveCalls(handlers);
