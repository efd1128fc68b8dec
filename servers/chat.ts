import type { WebSocket } from 'ws';
import { ChatRoom, memberServer, newChatTally } from './chat-room.ts';
import type { Limited } from './limits.ts';

/**
 * The lecture's chat room, done right: who comes, and what somebody says, is told to everybody.
 *
 *     User1  ──join──►◄─"User1 …"─         ◄─"User2 just connected."─  ──"hi"──►◄─"User1 says: hi"─
 *     User2                        ──join──►◄─"User2 just connected."─          ◄─"User1 says: hi"─
 *
 * Costs: a write per member for whatever is said. The N-th to join is announced N times, so N joins
 * take N·(N + 1)/2 announcements: half a million for a thousand.
 *
 * What is added to the lecture's code, and what goes wrong without it, chat-naive.ts shows: members
 * that leave are forgotten; a member that does not read is let go, before what waits for it fills
 * the memory; a message has a limit. `diff servers/chat-naive.ts servers/chat.ts` prints the lesson.
 *
 * The wire carries plain text, exactly as it was said. Whoever displays it escapes it, since only
 * they know whether it ends up in HTML, in a terminal or in a database.
 *
 * Left out: authentication, a check of the page's origin, and pings: a member whose cable was cut
 * stays until TCP or its full outbox tells.
 */
export type ChatOptions = Limited & {
  /** Bytes that may wait for one member. Default: 1 MiB, as in Centrifuge. */
  outboxLimitBytes?: number;
  /** Bytes in one message. Default: 64 KiB. The limit `messageBytes` is 16 times that, whatever `limits` has. */
  textLimitBytes?: number;
};

/** What a member may say, and what may wait for it, unless the options say otherwise. */
export const chatDefaults = { outboxLimitBytes: 1024 * 1024, textLimitBytes: 64 * 1024 };

export function chatServer(options: ChatOptions = {}): ChatRoom {
  const { outboxLimitBytes = chatDefaults.outboxLimitBytes, textLimitBytes = chatDefaults.textLimitBytes } =
    options;
  const tally = newChatTally();
  const members = new Set<WebSocket>();

  // What is far too long ws cuts off without a word; what is only too long is told why.
  const limits = { ...options.limits, messageBytes: 16 * textLimitBytes };
  const server = memberServer(tally, { limits }, (member, name) => {
    member.on('message', (data, isBinary) => {
      if (!members.has(member)) return;
      if (isBinary) return refuse(member, 1003, 'expected a text message, and not a binary one');
      if ((data as Buffer).length > textLimitBytes)
        return refuse(member, 1009, `message too long: expected at most ${textLimitBytes} bytes`);
      tally.relayed += tellEverybody(`${name} says: ${data}`);
    });
    member.on('close', () => members.delete(member));
    // ws itself has closed on an invalid or far too long frame, with 1002, 1007 or 1009.
    member.on('error', () => refuse(member));

    members.add(member);
    tally.announced += tellEverybody(`${name} just connected.`);
  });

  /** Returns to how many. */
  function tellEverybody(text: string): number {
    let told = 0;
    for (const member of members) {
      if (member.readyState !== member.OPEN) continue;
      if (member.bufferedAmount > outboxLimitBytes) {
        tally.evicted += 1;
        letGo(member, 4008, `slow consumer: more than ${outboxLimitBytes} bytes wait in the send queue`);
        continue;
      }
      member.send(text);
      told += 1;
    }
    return told;
  }

  function refuse(member: WebSocket, code?: number, reason?: string): void {
    tally.refused += 1;
    letGo(member, code, reason);
  }

  /** The reason waits behind all that was not read, so whoever does not read it in a second is cut off. */
  function letGo(member: WebSocket, code?: number, reason?: string): void {
    members.delete(member);
    member.close(code, reason);
    setTimeout(() => member.terminate(), 1000).unref();
  }

  return new ChatRoom(server, tally, () => members.size);
}
