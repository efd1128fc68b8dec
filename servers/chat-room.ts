import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { withAuth } from './guards/auth.ts';
import { guardedHttpServer } from './guards/http-guards.ts';
import { type Limited, limitsOf } from './guards/limits.ts';
import { guardUpgrades } from './guards/upgrades.ts';
import { Endpoint } from './meter/endpoint.ts';
import { newTally, type Tally } from './meter/tally.ts';

/** What both chat servers share, so that each of them shows only how it treats its members. */
export type ChatTally = ReturnType<typeof newChatTally>;

export const newChatTally = () => ({
  ...newTally(),
  /** Copies of "… just connected." that were sent to members. */
  announced: 0,
  /** Copies of "… says: …" that were sent to members. */
  relayed: 0,
});

/** A chat server, which does not listen yet. */
export class ChatRoom extends Endpoint {
  declare readonly tally: ChatTally;
  readonly #members: Iterable<WebSocket>;

  constructor(server: Server, tally: ChatTally, members: Iterable<WebSocket>) {
    super(server, tally);
    this.#members = members;
  }

  /** Connections to which the room still sends every message, open or closed. */
  get remembered(): number {
    return [...this.#members].length;
  }
}

/** The lecture's client, for the console of a browser. `host` is the room's address, such as `localhost:8080`. */
export function linesToType(host: string): string {
  return `let ws = new WebSocket("ws://${host}");
ws.onmessage = message => console.log(\`Received: \${message.data}\`);
ws.send("Hello! I'm client")`;
}

/**
 * Listens where the browsers of this machine look for `localhost`: at ::1 first, then at 127.0.0.1. Returns the
 * address, `localhost:8080`; or `127.0.0.1:8080` and the reason, where another program has the port at ::1. Rejects
 * when the port is taken at 127.0.0.1.
 */
export async function openToBrowsers(room: ChatRoom, port: number): Promise<{ host: string; why?: string }> {
  await room.listen(port);
  try {
    await room.listenAlso('::1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      return {
        host: `127.0.0.1:${room.port}`,
        why: `Another program uses port ${room.port} at ::1, and browsers try ::1 first for localhost. Open 127.0.0.1 instead, or choose another port with --port.`,
      };
    // Without IPv6 no browser looks there.
  }
  return { host: `localhost:${room.port}` };
}

/**
 * An HTTP server that calls `welcome` with every WebSocket, at any path, and the name that the lecture gives it. It
 * has the guards of every server; ws closes a connection on more than `messageBytes` in one message, without a reason.
 *
 * Any other request gets a page with the lines to enter in its console. On pages of other origins they would be
 * refused, here (origin.ts) and by newer browsers (https://wicg.github.io/local-network-access/).
 */
export function memberServer(
  tally: Tally,
  options: Limited,
  welcome: (member: WebSocket, name: string) => void,
): Server {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limitsOf(options).messageBytes,
    perMessageDeflate: false,
  });
  const server = guardedHttpServer(
    withAuth(undefined, tally, ({ headers }, response) => {
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(`This is a chat room. In the browser console (F12), enter these lines one at a time:

${linesToType(headers.host ?? 'localhost')}
`);
    }),
    tally,
    options,
  );
  guardUpgrades(server, tally, options, (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (member) => welcome(member, `User${socket.remotePort}`));
  });
  return server;
}
