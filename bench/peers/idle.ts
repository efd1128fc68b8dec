import { nowMs } from '../../servers/meter/clock.ts';
import type { Measured } from '../analysis/peers.ts';
import type { Child } from '../harness/child.ts';
import { until } from '../harness/process-meter.ts';
import type { AudienceHandlers } from './audience-process.ts';
import { Contender } from './contender.ts';
import type { Contest, Entered } from './contest.ts';
import { type Fanning, pushServers } from './fan-out.ts';

/**
 * Idle clients of push: the memory of one on the server. Every turn is a new server, since a process does not give
 * memory back.
 */
const crowd = 1000;
const idleCrowd = 8000;
/** V8 frees the memory of the handshakes once a process has been idle for some seconds. */
const settleMs = 12_000;

export function idle(audience: Child<AudienceHandlers>, others: readonly Fanning[] = []): Contest {
  return {
    name: 'idle',
    enter: [...pushServers, ...others].map((fanning) => async (): Promise<Entered> => {
      return { name: fanning.name, turns: [() => stayIdle(audience, fanning)], end: async () => {} };
    }),
  };
}

async function stayIdle(
  audience: Child<AudienceHandlers>,
  { name, language, program, folder }: Fanning,
): Promise<Measured[]> {
  const contender = new Contender(name, ...program, folder);
  try {
    const port = Number(await contender.hear());
    // The first clients find the memory that the start of the program has left.
    await audience.call('gather', { language, port, members: crowd });
    await until(nowMs() + 500);
    const beforeBytes = contender.memoryBytes;
    await audience.call('leave', undefined);
    await audience.call('gather', { language, port, members: crowd + idleCrowd });
    await until(nowMs() + settleMs);
    return [
      {
        case: '8,000 idle',
        quantity: 'server memory per idle client',
        value: (contender.memoryBytes - beforeBytes) / idleCrowd / 1000,
      },
    ];
  } finally {
    await audience.call('leave', undefined);
    await contender.end();
  }
}
