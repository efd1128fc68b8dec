import { type Handlers, serveCalls } from '../child.ts';
import { findNginx } from './nginx.ts';
import type { ProxyName } from './path.ts';
import { type PathCell, tryPaths } from './path-matrix.ts';

/** The hostile paths, in a process of their own: servers, proxies and clients that mostly wait. */

/** How thoroughly to try, in milliseconds. */
export type PathsPlan = {
  proxy: ProxyName;
  messages: number;
  /** Silence before each message; longer than the idle limit. */
  intervalMs: number;
  idleLimitMs: number;
  /** How long a path is given to connect, and to deliver in the end. */
  connectLimitMs: number;
  drainMs: number;
};

/** Tries every transport on every path at once; `undefined` where the proxy isn't installed. */
async function tryAll(plan: PathsPlan): Promise<PathCell[] | undefined> {
  if (plan.proxy === 'nginx' && !findNginx()) return undefined;
  return tryPaths(plan);
}

const handlers = { tryAll } satisfies Handlers;

export type PathsHandlers = typeof handlers;

serveCalls(handlers);
