import type { WebSocket } from 'ws';
import { ChatRoom, memberServer, newChatTally } from './chat-room.ts';
import type { Limited } from './guards/limits.ts';

/**
 * The lecture's chat room, fixed: everybody gets every message, and an announcement when somebody joins.
 *
 *     User1  ──join──►◄─"User1 …"─         ◄─"User2 just connected."─  ──"hi"──►◄─"User1 says: hi"─
 *     User2                        ──join──►◄─"User2 just connected."─          ◄─"User1 says: hi"─
 *
 * Costs: a write per member for each message. The N-th member to join is announced to N members, so N joins take
 * N·(N + 1)/2 announcements: half a million for a thousand members.
 *
 * chat-naive.ts shows what is added here, and what goes wrong without it: members that leave are forgotten, a slow
 * consumer is disconnected before its queue fills the memory, and a message has a limit.
 * `diff servers/chat-naive.ts servers/chat.ts` prints the lesson.
 *
 * The wire carries plain text, exactly as a member sent it. The program that displays it escapes it: only that
 * program knows whether it displays HTML, a terminal or something else.
 *
 * Left out: authentication, and pings. A member whose cable was cut stays until TCP notices, or until its queue is
 * full.
 */
export type ChatOptions = Limited & Partial<typeof chatDefaults>;

export const chatDefaults = {
  /** Bytes that may be queued for one member: as in Centrifuge. */
  queueLimitBytes: 1024 * 1024,
  /** Bytes in one message. The limit `messageBytes` is 16 times that, whatever `limits` has. */
  textLimitBytes: 64 * 1024,
};

export function chatServer(options: ChatOptions = {}): ChatRoom {
  const { queueLimitBytes, textLimitBytes } = { ...chatDefaults, ...options };
  const tally = newChatTally();
  const members = new Set<WebSocket>();

  // Up to 16 times the limit a message is refused with a reason. Beyond that, ws closes the connection without one.
  const limits = { ...options.limits, messageBytes: 16 * textLimitBytes };
  const server = memberServer(tally, { limits }, (member, name) => {
    member.on('message', (data, isBinary) => {
      if (!members.has(member)) return;
      if (isBinary) return refuse(member, 1003, 'invalid binary message: expected a text message');
      if ((data as Buffer).length > textLimitBytes)
        return refuse(member, 1009, `the message is too large: expected at most ${textLimitBytes} bytes`);
      tally.relayed += sendToAll(`${name} says: ${data}`);
    });
    member.on('close', () => members.delete(member));
    // ws itself has closed on an invalid or far too large frame, with 1002, 1007 or 1009.
    member.on('error', () => refuse(member));

    members.add(member);
    tally.announced += sendToAll(`${name} just connected.`);
  });

  /** Returns the number of members that it was sent to. */
  function sendToAll(text: string): number {
    let sent = 0;
    for (const member of members) {
      if (member.readyState !== member.OPEN) continue;
      if (member.bufferedAmount > queueLimitBytes) {
        tally.evicted += 1;
        disconnect(
          member,
          4008,
          `slow consumer: expected at most ${queueLimitBytes} bytes in the send queue`,
        );
        continue;
      }
      member.send(text);
      sent += 1;
    }
    return sent;
  }

  function refuse(member: WebSocket, code?: number, reason?: string): void {
    tally.refused += 1;
    disconnect(member, code, reason);
  }

  /** The reason comes after everything that is queued. A member that does not read it within a second is cut off. */
  function disconnect(member: WebSocket, code?: number, reason?: string): void {
    members.delete(member);
    member.close(code, reason);
    setTimeout(() => member.terminate(), 1000).unref();
  }

  return new ChatRoom(server, tally, members);
}
