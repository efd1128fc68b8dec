import type { WebSocket } from 'ws';
import { ChatRoom, memberServer, newChatTally } from './chat-room.ts';

/**
 * The lecture's chat room as the lecture has it: who comes, and what somebody says, is told to everybody.
 *
 *     User1  ──join──►◄─"User1 just connected."─   ╳ gone
 *     User2                          ──join──►◄─"User2 just connected."─
 *            and to User1, who is gone: ──►╳
 *
 * It is kept to be measured beside chat.ts, and is not to be copied. What is wrong with it:
 *
 * - It forgets nobody. Whoever has left stays in the list, and is told everything for ever: memory
 *   and work grow with all who ever came, not with those who are there.
 * - It asks nobody whether they keep up. `send` queues without limit, so that one member that
 *   stops reading takes the memory of the server, and with it everybody else.
 * - It takes whatever is sent: binary data as if it were text, and up to 100 MiB at a time, which
 *   it then sends to everybody.
 *
 * It uses the library of chat.ts and not the lecture's, so that the two differ in nothing else.
 */
export function naiveChatServer(): ChatRoom {
  const tally = newChatTally();
  const connections: WebSocket[] = [];

  const server = memberServer(tally, { limits: { messageBytes: 100 * 1024 * 1024 } }, (connection, name) => {
    connection.on('message', (data) => {
      tally.relayed += tellEverybody(`${name} says: ${data}`);
    });
    // Without a listener one broken connection would end the process; the lecture's library has its own.
    connection.on('error', () => {});

    connections.push(connection);
    tally.announced += tellEverybody(`${name} just connected.`);
  });

  /** Returns to how many. */
  function tellEverybody(text: string): number {
    for (const connection of connections) connection.send(text);
    return connections.length;
  }

  return new ChatRoom(server, tally, () => connections.length);
}
