import { chatServer } from '../../../servers/chat.ts';
import { naiveChatServer } from '../../../servers/chat-naive.ts';
import type { ChatRoom } from '../../../servers/chat-room.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import type { RoomPlan } from '../../experiment.ts';
import type { Handlers } from '../child.ts';
import { memoryInUseBytes, until } from '../process-meter.ts';

let room: ChatRoom | undefined;

/** What the server process offers. */
export const roomHandlers = {
  async openRoom({ kind }: { kind: RoomPlan['kind'] }): Promise<number> {
    room = kind === 'fixed' ? chatServer() : naiveChatServer();
    await room.listen();
    return room.port;
  },
  /** CPU in milliseconds so far, memory in use, and what the room remembers and has counted. */
  lookIntoRoom(_: undefined) {
    const { user, system } = process.cpuUsage();
    const { announced = 0, relayed = 0 } = room?.tally ?? {};
    return {
      cpuMs: (user + system) / 1000,
      memoryBytes: memoryInUseBytes(),
      remembered: room?.remembered ?? 0,
      announced,
      relayed,
    };
  },
  /** Waits until everybody has left, as far as the server knows. */
  async emptyRoom({ limitMs }: { limitMs: number }): Promise<void> {
    const deadlineMs = nowMs() + limitMs;
    while ((room?.connections ?? 0) > 0 && nowMs() < deadlineMs) await until(nowMs() + 5);
  },
  async closeRoom(_: undefined): Promise<void> {
    await room?.close();
    room = undefined;
  },
} satisfies Handlers;
