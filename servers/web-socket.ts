import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Receiver } from 'ws';
import type { Tally } from './endpoint.ts';
import { sayLast, whyTurnedAway } from './entrance.ts';
import { enter, type Gated, type Guest } from './gate.ts';
import { isAsking, onceAnswered, onWebSocket, rawAnswer } from './http-guarded.ts';
import { type Limited, limitsOf } from './limits.ts';
import { BadInput, parseCredit, parseJson, parsePublication } from './message.ts';
import { questionIn } from './questions.ts';
import type { MessageSource } from './source/source.ts';
import { closeFrame, isPong, pongFrame } from './web-socket-frames.ts';
import { handshakeOf, spokenHere } from './web-socket-handshake.ts';
import { refusalOf } from './web-socket-reasons.ts';

/**
 * The plumbing of WebSockets.
 *
 *     handshake     web-socket-handshake.ts answers it, and the connection is a socket that frames are written to
 *     server says   web-socket-frames.ts: one frame, built once, for everybody
 *     client says   the `ws` library reads it. Most clients of a push say nothing but pong, so what reads them
 *                   comes with the first word: it takes half as much memory again as all the rest of a client
 *     either ends   a frame with the code and the reason, and no more
 */
export type Readers = {
  /** A reader has come. May throw `BadInput`, before anything is accepted. */
  admit(after: string | null): (socket: Socket, sayWhy: (reason: string) => void) => void;
  /** A reader can take so many messages more. May throw `BadInput`. */
  grant(socket: Socket, credit: number): void;
  /** A reader is to get nothing more. */
  leave(socket: Socket): void;
};

/** The code with which a reader is closed that was too slow. 4000 to 4999 are free for applications (RFC 6455 §7.4.2). */
const tooSlow = 4008;

/** Accepts WebSockets at `/messages` of an HTTP server. What readers send is published, unless it grants credit. */
export function acceptWebSockets(
  server: Server,
  source: MessageSource,
  tally: Tally,
  readers: Readers,
  { gate, ...options }: Gated & Limited,
): void {
  const { messageBytes, goodbyeMs } = limitsOf(options);

  onWebSocket(server, options, (request, socket, head) => {
    // A reset connection is no news: 'close' follows, and the fan-out lets the reader go.
    socket.on('error', ignore);
    try {
      const guest = enter(gate, request);
      const join = readers.admit(afterOf(request.url ?? ''));
      if (isAsking(socket))
        throw new BadInput(
          'this connection has a pending request: open another connection for the WebSocket',
          409,
        );
      socket.write(handshakeOf(request));
      const turnedAway = whyTurnedAway(socket);
      // A browser shows a page no status of a handshake, but the code and reason of a close.
      if (turnedAway !== undefined) return close(socket, 1013, turnedAway);
      if (head.length > 0) socket.unshift(head);
      let ear: Receiver | undefined;
      socket.on('data', (bytes: Buffer) => {
        if (!ear && isPong(bytes)) return;
        ear ??= earFor(socket, guest);
        ear.write(bytes);
      });
      join(socket, (reason) => close(socket, tooSlow, reason));
    } catch (error) {
      tally.refused += 1;
      const { status, message } = error as BadInput;
      onceAnswered(socket, () =>
        sayLast(socket, rawAnswer(`${status} Refused`, message, spokenHere), goodbyeMs),
      );
    }
  });

  function earFor(socket: Socket, guest: Guest): Receiver {
    const ear = new Receiver({ isServer: true, maxPayload: messageBytes, ...piecesOfMessage });
    ear.on('message', (data: Buffer, isBinary: boolean) => {
      // What was sent behind something that was refused counts for nothing.
      if (!socket.writable) return;
      if (isBinary)
        return refuse(socket, 1003, 'expected a text message such as {"body": "text"}, and not a binary one');
      try {
        const said = parseJson(String(data));
        const credit = parseCredit(said);
        if (credit !== undefined) return readers.grant(socket, credit);
        guest.publish(data.length);
        source.publish(parsePublication(said)).catch(({ message }) => refuse(socket, 1013, message));
      } catch (error) {
        refuse(socket, 1008, (error as Error).message);
      }
    });
    // For one that does not read, answers would pile up. Of pings that wait the latest alone wants one (RFC 6455 §5.5.3).
    let pong: Buffer | undefined;
    const answerPing = () => {
      if (pong && socket.writable) socket.write(pong);
      pong = undefined;
    };
    ear.on('ping', (said: Buffer) => {
      const isAnswerDue = pong !== undefined;
      pong = pongFrame(said);
      if (isAnswerDue) return;
      if (socket.writableLength < socket.writableHighWaterMark) answerPing();
      else socket.once('drain', answerPing);
    });
    // A close is answered with the same.
    ear.on('conclude', (code: number, reason: Buffer) => close(socket, code, String(reason)));
    ear.on('error', (error: NodeJS.ErrnoException) => {
      const { code, reason } = refusalOf(error, messageBytes);
      refuse(socket, code, reason);
    });
    return ear;
  }

  function refuse(socket: Socket, code: number, reason: string): void {
    if (!socket.writable) return;
    tally.refused += 1;
    close(socket, code, reason);
  }

  function close(socket: Socket, code: number, reason?: string): void {
    readers.leave(socket);
    sayLast(socket, closeFrame(code, reason), goodbyeMs);
  }
}

function ignore(): void {}

/** What `ws` takes by itself, where it makes the server. */
const piecesOfMessage = { maxBufferedChunks: 256 * 1024, maxFragments: 16 * 1024 };

/** The cursor that the handshake names, if it does. Throws `BadInput` on another path. */
function afterOf(url: string): string | null {
  const { path, after } = questionIn(url);
  if (path !== '/messages') throw new BadInput(`unknown path ${path}: expected /messages`, 404);
  return after;
}
