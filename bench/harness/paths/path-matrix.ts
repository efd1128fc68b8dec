import { type TransportName, transportNames } from '../../../clients/transports.ts';
import { requireNginx } from './nginx.ts';
import type { PathKind, ProxyName } from './open-path.ts';
import { judgePath, type PathObservation, type PathOutcome } from './path-outcome.ts';
import { type TryOptions, tryPath } from './try-path.ts';

/**
 * The columns of the matrix. The last is the server's answer to the one before it: it breaks the
 * silence before the path does, with a heartbeat or by answering a held poll.
 */
export const pathNames = [
  'direct',
  'no-upgrade',
  'buffering',
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
 * drainMs`, since a path that fails takes all that it is given, and half a second to start 24 nginx.
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
  return path === 'idle-limit with heartbeat' ? 'idle-limit' : path;
}
