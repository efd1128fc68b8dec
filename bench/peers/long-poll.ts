import { nowMs } from '../../servers/meter/clock.ts';
import type { Measured } from '../analysis/peers.ts';
import type { Child } from '../harness/child.ts';
import { until } from '../harness/process-meter.ts';
import { Contender, programOf } from './contender.ts';
import type { Contest, Entered } from './contest.ts';
import { messageLine } from './message-line.ts';
import type { ParkedHandlers, Tongue } from './parked-process.ts';

/**
 * Long polls: what it costs the server to answer everybody who waits, and to keep them waiting. The clients are
 * the same bare sockets for all; every turn is a new server, since memory that was once taken is not given back.
 */
const crowd = 500;
const idleCrowd = 2000;
const messages = 10;
/** Time in which everybody has asked again. */
const askAgainMs = 200;
const bodyBytes = 200;

type Holding = { name: string; tongue: Tongue; program: readonly [string, string[]] };

const contenders: Holding[] = [
  { name: 'long poll on Express', tongue: 'lab', program: programOf('./servers/ours.ts', '0', 'long-poll') },
  {
    name: 'long poll on node:http',
    tongue: 'lab',
    program: programOf('./servers/ours.ts', '0', 'long-poll', 'http'),
  },
  { name: 'Socket.IO’s long poll', tongue: 'socket.io', program: programOf('./servers/socket-io.js') },
];

export function longPoll(parked: Child<ParkedHandlers>): Contest {
  return {
    name: 'long-poll',
    // A server warms up within its turn.
    enter: contenders.map(
      (holding) => async (): Promise<Entered> => ({
        name: holding.name,
        turns: [() => hold(parked, holding)],
        end: async () => {},
      }),
    ),
  };
}

async function hold(parked: Child<ParkedHandlers>, { name, tongue, program }: Holding): Promise<Measured[]> {
  const contender = new Contender(name, ...program);
  try {
    const port = Number(await contender.hear());
    await parked.call('park', { tongue, port, members: crowd });
    await tellAll(parked, contender);
    await parked.call('leave', undefined);

    const beforeBytes = contender.memoryBytes;
    await parked.call('park', { tongue, port, members: crowd + idleCrowd });
    await until(nowMs() + 500);
    const keptBytes = contender.memoryBytes - beforeBytes;
    await parked.call('leave', undefined);

    await parked.call('park', { tongue, port, members: crowd });
    await until(nowMs() + 200);
    const cpuMs = await tellAll(parked, contender);
    return [
      { case: 'one message', quantity: 'server CPU per answer', value: (cpuMs * 1000) / (messages * crowd) },
      {
        case: `${idleCrowd + crowd} parked`,
        quantity: 'server memory per parked client',
        // The first of them find the memory that those before them have left.
        value: keptBytes / idleCrowd / 1000,
      },
    ];
  } finally {
    await parked.call('leave', undefined);
    await contender.end();
  }
}

/** Tells everybody one message after the other. Returns what that took of the server's processor. */
async function tellAll(parked: Child<ParkedHandlers>, contender: Contender): Promise<number> {
  await parked.call('forget', undefined);
  const before = contender.cpuMs;
  for (let seq = 1; seq <= messages; seq += 1) {
    contender.say([messageLine(seq, nowMs(), bodyBytes)]);
    const heard = await parked.call('hearOut', { messages: seq, limitMs: 10_000 });
    const wrong = heard.filter((count) => count !== seq).length;
    if (wrong > 0)
      throw new Error(
        `${contender.name}: ${wrong} of ${crowd} clients did not receive exactly ${seq} messages`,
      );
    // Everybody has to have asked again before the next.
    await until(nowMs() + askAgainMs);
  }
  return contender.cpuMs - before;
}
