import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Endpoint, newTally } from './endpoint.ts';
import { FanOut, type FanOutOptions } from './fan-out.ts';
import { BadInput, parseJson, parsePublication } from './message.ts';
import type { MessageSource } from './source/source.ts';

/**
 * Push over WebSocket: the server speaks when it has something to say.
 *
 *     client  ──GET /messages, Upgrade──────────────────────────────────────►
 *             ◄──101──batch: where you stand──────[7]──[8]────────[9]─────── server
 *             ──{"body":"hi"}───────────────────────────────────────────────►  the same socket, the other way
 *
 * Costs: one open connection per client, with its memory, for as long as the client lives; one write
 * per client and message. No request, no header: a message of 58 bytes travels in a frame of 4.
 * With `?after=logId:seq` the client first gets what it missed.
 *
 * The `ws` library does the handshake, reads what clients send and answers pings. Messages go past
 * it, straight to the socket: one frame, built once, for everybody.
 *
 * Left out: compression, and any authentication.
 */
export function pushServer(source: MessageSource, options: FanOutOptions = {}): Endpoint {
  const tally = newTally();
  const fanOut = new FanOut(source.log, tally, webSocketFrame, pingFrame, options);
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, perMessageDeflate: false });
  const server = createServer((_request, response) => {
    tally.refused += 1;
    response.writeHead(426, { upgrade: 'websocket', connection: 'close' });
    response.end('{"error":"this is a WebSocket endpoint: connect with ws://…/messages"}\n');
  });

  server.on('upgrade', (request, socket: Socket, head) => {
    try {
      const after = source.log.cursorFrom(afterOf(request.url ?? ''));
      webSockets.handleUpgrade(request, socket, head, (client) => {
        listen(client, socket);
        fanOut.join(socket, after);
      });
    } catch (error) {
      tally.refused += 1;
      const { status, message } = error as BadInput;
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nconnection: close\r\n\r\n${JSON.stringify({ error: message })}\n`,
      );
    }
  });

  function listen(client: WebSocket, socket: Socket): void {
    const refuse = (code: number, reason: string) => {
      tally.refused += 1;
      fanOut.leave(socket);
      client.close(code, reason.slice(0, 120));
    };
    client.on('message', (data, isBinary) => {
      if (isBinary) return refuse(1003, 'a message is text: {"body": "text"}');
      try {
        void source.publish(parsePublication(parseJson(String(data))));
      } catch (error) {
        refuse(1008, (error as Error).message);
      }
    });
    // ws itself closes on an invalid or oversized frame, with 1002, 1007 or 1009.
    client.on('error', () => {
      tally.refused += 1;
      fanOut.leave(socket);
    });
  }

  return new Endpoint(server, tally, () => fanOut.close());
}

/** A final, unmasked text frame: two bytes, up to eight more for the length, the text (RFC 6455 §5.2). */
function webSocketFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126) return Buffer.concat([Buffer.of(0x81, payload.length), payload]);
  const header = Buffer.alloc(payload.length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  header[1] = header.length === 4 ? 126 : 127;
  header.writeUIntBE(
    payload.length,
    header.length - (header.length === 4 ? 2 : 6),
    header.length === 4 ? 2 : 6,
  );
  return Buffer.concat([header, payload]);
}

/** An empty ping (RFC 6455 §5.5.2). */
const pingFrame = Buffer.of(0x89, 0);

/** The cursor that the handshake names, if it does. Throws `BadInput` on another path. */
function afterOf(url: string): string | null {
  const [path, query] = url.split('?');
  if (path !== '/messages') throw new BadInput(`there is no ${path} here: connect to /messages`, 404);
  return new URLSearchParams(query).get('after');
}
