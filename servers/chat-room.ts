import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { Endpoint, newTally, type Tally } from './endpoint.ts';
import { whyTurnedAway } from './entrance.ts';
import { guardedHttpServer, onWebSocket } from './http-guarded.ts';
import { type Limited, limitsOf } from './limits.ts';

/**
 * The plumbing that both chat servers share, so that each of them shows nothing but how it treats
 * its members: a listening server, the WebSocket handshake, and what is counted.
 */
export type ChatTally = Tally & {
  /** Copies of "… just connected." that were handed to members. */
  announced: number;
  /** Copies of "… says: …" that were handed to members. */
  relayed: number;
};

/** A tally with nothing on it. */
export function newChatTally(): ChatTally {
  return { ...newTally(), announced: 0, relayed: 0 };
}

/** A chat server that can listen. */
export class ChatRoom extends Endpoint {
  declare readonly tally: ChatTally;
  readonly #remembered: () => number;

  constructor(server: Server, tally: ChatTally, remembered: () => number) {
    super(server, tally);
    this.#remembered = remembered;
  }

  /** Connections that the room still tells everything, dead or alive. */
  get remembered(): number {
    return this.#remembered();
  }
}

/** The lecture's client, to be typed into a browser's console. `host` is where the room is: `localhost:8080`. */
export function linesToType(host: string): string {
  return `let ws = new WebSocket("ws://${host}");
ws.onmessage = message => console.log(\`Received: \${message.data}\`);
ws.send("Hello! I'm client")`;
}

/**
 * Opens a room to this machine's browsers, which look for `localhost` at ::1 first. Returns its address,
 * `localhost:8080`; or `127.0.0.1:8080` and why, where another program has the port at ::1. Rejects when the
 * port is taken at 127.0.0.1.
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
        why: `Another program uses port ${room.port} at ::1, the first address that browsers try for localhost. Open 127.0.0.1 instead, or choose another port with --port.`,
      };
    // Without IPv6 nobody looks there.
  }
  return { host: `localhost:${room.port}` };
}

/**
 * An HTTP server that calls `welcome` with every WebSocket and the name that the lecture gives it,
 * whatever path it asked for. The limits are those of every server (limits.ts); ws closes on more than
 * `messageBytes` in one message, without a word.
 *
 * Any other request is answered with what to type. The room's own page is the right place to type it:
 * browsers have begun to keep pages that came from elsewhere, or from nowhere, away from this
 * machine's servers (https://wicg.github.io/local-network-access/).
 */
export function memberServer(
  tally: Tally,
  options: Limited,
  welcome: (member: WebSocket, name: string) => void,
): Server {
  const { messageBytes } = limitsOf(options);
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: messageBytes,
    perMessageDeflate: false,
  });
  const server = guardedHttpServer(
    ({ headers }, response) => {
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(`A chat room. Open this page's console and type, one line at a time:

${linesToType(headers.host ?? 'localhost')}
`);
    },
    tally,
    options,
  );
  onWebSocket(server, options, (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (member) => {
      const turnedAway = whyTurnedAway(socket);
      if (turnedAway !== undefined) return member.on('error', () => {}).close(1013, turnedAway);
      welcome(member, `User${socket.remotePort}`);
    });
  });
  return server;
}
