import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { Tally } from './endpoint.ts';
import { sayLast, whyTurnedAway } from './entrance.ts';
import { enter, type Gated } from './gate.ts';
import { rawAnswer } from './http-guarded.ts';
import { type Limited, limitsOf } from './limits.ts';
import { BadInput, parseCredit, parseJson, parsePublication } from './message.ts';
import type { MessageSource } from './source/source.ts';

/**
 * The plumbing of WebSockets. The `ws` library does the handshake, reads what clients send and answers
 * pings. What a server says goes past it, straight to the socket: one frame, built once, for everybody.
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
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytes,
    perMessageDeflate: false,
    // The endpoint and the fan-out have their own books of who is there.
    clientTracking: false,
    WebSocket: reasonedWebSocket(messageBytes),
  });

  // One for all clients: esbuild, which tsx runs on, keeps a table of 256 bytes for the name of every inner function.
  const refuse = (client: WebSocket, socket: Socket, code: number, reason: string) => {
    tally.refused += 1;
    readers.leave(socket);
    client.close(code, shortened(reason));
  };

  server.on('upgrade', (request, socket: Socket, head) => {
    try {
      const guest = enter(gate, request);
      const join = readers.admit(afterOf(request.url ?? ''));
      webSockets.handleUpgrade(request, socket, head, (client) => {
        const turnedAway = whyTurnedAway(socket);
        // A browser shows a page no status of a handshake, but the code and reason of a close.
        if (turnedAway !== undefined) return client.close(1013, turnedAway);
        client.on('message', (data, isBinary) => {
          // What was sent behind something that was refused counts for nothing.
          if (client.readyState !== client.OPEN) return;
          if (isBinary) return refuse(client, socket, 1003, 'a message is text: {"body": "text"}');
          try {
            const said = parseJson(String(data));
            const credit = parseCredit(said);
            if (credit !== undefined) return readers.grant(socket, credit);
            guest.publish((data as Buffer).length);
            source
              .publish(parsePublication(said))
              .catch(({ message }) => refuse(client, socket, 1013, message));
          } catch (error) {
            refuse(client, socket, 1008, (error as Error).message);
          }
        });
        // ws itself closes on an invalid or oversized frame, with 1002, 1007 or 1009.
        client.on('error', () => {
          tally.refused += 1;
          readers.leave(socket);
        });
        join(socket, (reason) => client.close(tooSlow, shortened(reason)));
      });
    } catch (error) {
      tally.refused += 1;
      const { status, message } = error as BadInput;
      sayLast(socket, rawAnswer(`${status} Refused`, message), goodbyeMs);
    }
  });
}

/** A WebSocket that gives a reason also where ws itself closes it, on a frame that is invalid or too much. */
export function reasonedWebSocket(messageBytes: number): typeof WebSocket {
  const reasons: Record<number, string> = {
    1002: 'this is no valid frame (RFC 6455 §5)',
    1007: 'a text message is UTF-8',
    1008: 'a message takes fewer frames',
    1009: `a message takes at most ${messageBytes} bytes`,
  };
  return class extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      super.close(code, reason ?? (code === undefined ? undefined : reasons[code]));
    }
  };
}

/** A final, unmasked text frame: two bytes, up to eight more for the length, the text (RFC 6455 §5.2). */
export function webSocketFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126) return Buffer.concat([Buffer.of(0x81, payload.length), payload]);
  const isShort = payload.length < 65_536;
  const header = Buffer.alloc(isShort ? 4 : 10);
  header[0] = 0x81;
  header[1] = isShort ? 126 : 127;
  header.writeUIntBE(payload.length, isShort ? 2 : 4, isShort ? 2 : 6);
  return Buffer.concat([header, payload]);
}

/** A close frame has room for 123 bytes of reason (RFC 6455 §5.5). A character that is cut in two goes. */
function shortened(reason: string): string {
  return Buffer.from(reason)
    .subarray(0, 123)
    .toString()
    .replace(/\ufffd$/, '');
}

/** An empty ping (RFC 6455 §5.5.2). */
export const pingFrame = Buffer.of(0x89, 0);

/** The cursor that the handshake names, if it does. Throws `BadInput` on another path. */
function afterOf(url: string): string | null {
  const [path, query] = url.split('?');
  if (path !== '/messages') throw new BadInput(`there is no ${path} here: connect to /messages`, 404);
  return new URLSearchParams(query).get('after');
}
