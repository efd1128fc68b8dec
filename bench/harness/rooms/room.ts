import { chatServer } from '../../../servers/chat.ts';
import { naiveChatServer } from '../../../servers/chat-naive.ts';
import type { ChatRoom } from '../../../servers/chat-room.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import type { Probe } from '../../result.ts';
import type { Child, Handlers } from '../child.ts';
import { memoryInUseBytes, until } from '../process-meter.ts';
import { comeAndGo, holdParty } from './visitors.ts';

/** A chat room and what happens in it: a party, or people who come and go. */
export type RoomPlan = {
  kind: 'fixed' | 'naive';
  /** Who enters, stays and says one thing each. 0 for no party. */
  visitors: number;
  /** Who enters and leaves again. 0 for nobody. */
  cycles: number;
  repeat: number;
  /** About how long it takes. */
  durationMs: number;
};

/** Each thing said is given so long for each who hears it, or the room would measure its visitors’ one process. */
const perListenerMs = 0.03;

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

/** What the fleet process offers. */
export const visitorHandlers = { holdParty, comeAndGo } satisfies Handlers;

/** Runs a plan between the two processes, and gives what came of it in numbers. */
export async function runRoom(
  experiment: string,
  plan: RoomPlan,
  server: Child<typeof roomHandlers>,
  fleet: Child<typeof visitorHandlers>,
): Promise<Probe> {
  const { kind, visitors, cycles, repeat } = plan;
  const port = await server.call('openRoom', { kind });
  try {
    const before = await server.call('lookIntoRoom', undefined);
    const party =
      visitors > 0
        ? await fleet.call('holdParty', {
            port,
            visitors,
            sayEveryMs: Math.max(2, visitors * perListenerMs),
          })
        : undefined;
    if (cycles > 0) await fleet.call('comeAndGo', { port, cycles, atOnce: 50 });
    await server.call('emptyRoom', { limitMs: 5000 });
    const after = await server.call('lookIntoRoom', undefined);
    return {
      experiment,
      name: `${cycles > 0 ? 'leak' : 'party'}/${kind}`,
      title: cycles > 0 ? 'people who come and go' : 'a party of people who stay',
      values: {
        repeat,
        visitors,
        cycles,
        ...party,
        announced: after.announced,
        relayed: after.relayed,
        serverCpuMs: after.cpuMs - before.cpuMs,
        rememberedAfterwards: after.remembered,
        memoryGrewBytes: after.memoryBytes - before.memoryBytes,
      },
    };
  } finally {
    await server.call('closeRoom', undefined);
  }
}
