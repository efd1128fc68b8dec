import type { WebSocket } from 'ws';
import { ChatRoom, memberServer, newChatTally } from './chat-room.ts';

/**
 * The lecture's chat room as the lecture has it: everybody gets every message, and an announcement when somebody joins.
 *
 *     User1  ──join──►◄─"User1 just connected."─   ╳ gone
 *     User2                          ──join──►◄─"User2 just connected."─
 *            and to User1, who is gone: ──►╳
 *
 * It is here to be compared with chat.ts. Do not copy it:
 *
 * - It forgets nobody. A member that has left stays in the list, and every message is still sent to it: memory and
 *   work grow with all members that ever joined.
 * - It does not check for slow consumers. `send` queues without limit, so that one member that stops reading fills
 *   the memory of the server, and takes down everybody.
 * - It accepts every message: binary data as if it were text, and up to 100 MiB at once, which it sends to everybody.
 *
 * It uses the library of chat.ts and not the lecture's, so that the two differ in nothing else.
 */
export function naiveChatServer(): ChatRoom {
  const tally = newChatTally();
  const connections: WebSocket[] = [];

  const server = memberServer(tally, { limits: { messageBytes: 100 * 1024 * 1024 } }, (connection, name) => {
    connection.on('message', (data) => {
      tally.relayed += sendToAll(`${name} says: ${data}`);
    });
    // Without a listener one broken connection would end the process; the lecture's library has its own.
    connection.on('error', () => {});

    connections.push(connection);
    tally.announced += sendToAll(`${name} just connected.`);
  });

  /** Returns the number of connections that it was sent to. */
  function sendToAll(text: string): number {
    for (const connection of connections) connection.send(text);
    return connections.length;
  }

  return new ChatRoom(server, tally, connections);
}
