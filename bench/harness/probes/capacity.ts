import autocannon from 'autocannon';
import type { Capacity } from '../../result.ts';

/**
 * Asks as fast as the server answers, over a fixed number of connections: the raw capacity R.
 *
 * autocannon is right for this and wrong for delay: a closed loop asks less when the server slows,
 * so its response times say nothing about how old a message is.
 */
export async function measureCapacity(load: {
  url: string;
  connections: number;
  durationMs: number;
}): Promise<Pick<Capacity, 'requestsPerSecond' | 'errors' | 'durationMs'>> {
  const { requests, errors, non2xx, duration } = await autocannon({
    url: load.url,
    connections: load.connections,
    duration: Math.max(1, Math.round(load.durationMs / 1000)),
  });
  return {
    requestsPerSecond: requests.total / duration,
    errors: errors + non2xx,
    durationMs: duration * 1000,
  };
}
