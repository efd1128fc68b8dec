import { nowMs } from '../../servers/meter/clock.ts';
import type { Measured } from '../analysis/peers.ts';
import { until } from '../harness/process-meter.ts';
import type { Audience } from './audience.ts';
import { Contender } from './contender.ts';
import { type Contest, entering } from './contest.ts';
import { type Fanning, pushServers } from './fan-out.ts';

/**
 * Idle clients of push: the memory of one on the server. Every turn is a new server, since a process does not give
 * memory back.
 */
const crowd = 1000;
const idleCrowd = 8000;
/** V8 frees the memory of the handshakes once a process has been idle for some seconds. */
const settleMs = 12_000;

export function idle(audience: Audience, others: readonly Fanning[] = []): Contest {
  return {
    name: 'idle',
    enter: [...pushServers, ...others].map((fanning) =>
      entering(fanning.name, () => stayIdle(audience, fanning)),
    ),
  };
}

async function stayIdle(audience: Audience, { language, ...program }: Fanning): Promise<Measured[]> {
  const contender = new Contender(program);
  try {
    const port = await contender.port();
    // The first clients find the memory that the start of the program has left.
    await audience.call('connectAll', { language, port, members: crowd });
    await until(nowMs() + 500);
    const beforeBytes = contender.memoryBytes;
    await audience.call('disconnectAll', undefined);
    await audience.call('connectAll', { language, port, members: crowd + idleCrowd });
    await until(nowMs() + settleMs);
    if (contender.descriptors < crowd + idleCrowd)
      throw new Error(`${contender.name} no longer has all ${crowd + idleCrowd} connections`);
    return [
      {
        case: '8,000 idle',
        quantity: 'server memory per idle client',
        value: (contender.memoryBytes - beforeBytes) / idleCrowd / 1000,
      },
    ];
  } finally {
    await audience.call('disconnectAll', undefined);
    await contender.stop();
  }
}
