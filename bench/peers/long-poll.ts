import { nowMs } from '../../servers/meter/clock.ts';
import type { Measured } from '../analysis/peers.ts';
import { until } from '../harness/process-meter.ts';
import { type Audience, receivedByAll } from './audience.ts';
import { Contender, type Program, serverOf } from './contender.ts';
import { type Contest, entering } from './contest.ts';
import type { LongPollLanguage } from './long-poll-client.ts';
import { messageLine } from './message-line.ts';

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

type Holding = Program & { language: LongPollLanguage };

const contenders: Holding[] = [
  { name: 'long poll on Express', language: 'lab-long-poll', program: serverOf('ours.ts', 'long-poll') },
  {
    name: 'long poll on node:http',
    language: 'lab-long-poll',
    program: serverOf('ours.ts', 'long-poll', 'http'),
  },
  { name: 'Socket.IO’s long poll', language: 'socket.io-long-poll', program: serverOf('socket-io.js') },
];

export function longPoll(audience: Audience): Contest {
  return {
    name: 'long-poll',
    // A server warms up within its turn.
    enter: contenders.map((holding) => entering(holding.name, () => hold(audience, holding))),
  };
}

async function hold(audience: Audience, { language, ...program }: Holding): Promise<Measured[]> {
  const contender = new Contender(program);
  try {
    const port = await contender.port();
    await audience.call('connectAll', { language, port, members: crowd });
    await tellAll(audience, contender);
    await audience.call('disconnectAll', undefined);

    const beforeBytes = contender.memoryBytes;
    await audience.call('connectAll', { language, port, members: crowd + idleCrowd });
    await until(nowMs() + 500);
    const keptBytes = contender.memoryBytes - beforeBytes;
    await audience.call('disconnectAll', undefined);

    await audience.call('connectAll', { language, port, members: crowd });
    await until(nowMs() + 200);
    const cpuMs = await tellAll(audience, contender);
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
    await audience.call('disconnectAll', undefined);
    await contender.stop();
  }
}

/** Tells everybody one message after the other. Returns what that took of the server's processor. */
async function tellAll(audience: Audience, contender: Contender): Promise<number> {
  await audience.call('reset', undefined);
  const before = contender.cpuMs;
  for (let seq = 1; seq <= messages; seq += 1) {
    contender.writeLines([messageLine(seq, nowMs(), bodyBytes)]);
    await receivedByAll(audience, contender, seq);
    // Everybody has to have asked again before the next.
    await until(nowMs() + askAgainMs);
  }
  return contender.cpuMs - before;
}
