import { type TransportName, transportNames } from '../../../clients/transports.ts';
import { requireNginx } from './nginx.ts';
import type { PathKind, ProxyName } from './path.ts';
import { judgePath, type PathObservation, type PathOutcome } from './path-outcome.ts';
import { type TryOptions, tryPath } from './try-path.ts';

/**
 * The columns of the matrix. Those with something are the server's reply to the column before: SSE opts out of
 * buffering with `X-Accel-Buffering: no`, and a heartbeat or the end of a long poll breaks the silence in time.
 */
export const pathNames = [
  'direct',
  'no-upgrade',
  'buffering',
  'buffering with opt-out',
  'idle-limit',
  'idle-limit with heartbeat',
] as const;

export type PathName = (typeof pathNames)[number];

/** One cell: what was seen, and what that means. */
export type PathCell = PathOutcome & {
  transport: TransportName;
  path: PathName;
  proxy: ProxyName;
  seen: PathObservation;
};

/**
 * Tries every transport on every path, all at once: they wait for most of the time. A cell is
 * compared with its transport's own direct path. It lasts `connectLimitMs + messages × intervalMs +
 * drainMs`, since a path that fails takes all that it is given, and half a second to start 30 nginx.
 * Rejects when a path can't be opened, once all have ended.
 */
export async function tryPaths(
  options: Omit<TryOptions, 'silenceMs'> = {},
  transports: readonly TransportName[] = transportNames,
): Promise<PathCell[]> {
  const { idleLimitMs = 2000, proxy = 'embedded' } = options;
  if (proxy === 'nginx') requireNginx();
  const rows = transports.map(async (transport) => {
    const seen = await allOf(
      pathNames.map((path) =>
        tryPath(transport, kindOf(path), {
          ...options,
          unbuffered: path === 'buffering with opt-out',
          ...(path === 'idle-limit with heartbeat' && { silenceMs: idleLimitMs / 2.5 }),
        }),
      ),
    );
    const direct = seen[0] as PathObservation;
    return seen.map((one, index) => ({
      transport,
      path: pathNames[index] as PathName,
      proxy,
      seen: one,
      ...judgePath(one, direct),
    }));
  });
  return (await allOf(rows)).flat();
}

/** `Promise.all`, but nothing is still running when it rejects. */
async function allOf<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function kindOf(path: PathName): PathKind {
  return path.split(' ')[0] as PathKind;
}
