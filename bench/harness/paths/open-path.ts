import { openEmbedded } from './embedded.ts';
import { openNginx } from './nginx.ts';
import type { OpenPath, PathKind, PathOptions } from './path-kinds.ts';

/** Opens a path to a server on this host. Rejects when nginx is asked for and there is none, or it does not start. */
export async function openPath(
  kind: PathKind,
  upstreamPort: number,
  { proxy = 'embedded', idleLimitMs = 2000 }: PathOptions = {},
): Promise<OpenPath> {
  if (kind === 'direct') return { port: upstreamPort, close: async () => {} };
  return proxy === 'nginx'
    ? openNginx(kind, upstreamPort, idleLimitMs)
    : openEmbedded(kind, upstreamPort, idleLimitMs);
}
