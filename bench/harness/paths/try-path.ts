import { setTimeout as wait } from 'node:timers/promises';
import { clientsByName } from '../../../clients/clients.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import type { TransportName } from '../../../clients/transports.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import { type ServerOptions, serversByName } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { bodyOf } from '../../../servers/source/schedule.ts';
import type { MessageSource } from '../../../servers/source/source.ts';
import { openEmbedded } from './embedded.ts';
import { openNginx } from './nginx.ts';
import type { OpenPath, PathKind, PathOptions } from './path.ts';

import type { PathObservation } from './path-outcome.ts';

/**
 * Finds out what a path does to a transport, by running one over the other.
 *
 *     connect ≤ connectLimitMs   |  intervalMs  |  intervalMs  |  intervalMs  |  ≤ drainMs
 *     ──────────────────────────►|              1              2              3 ──────────►| observed
 *
 * It ends as soon as every message has arrived, and at the latest when the last limit has passed,
 * whatever client, path and server do. The client comes back by itself when it is cut off, as it
 * always does.
 */
export type TryOptions = PathOptions & {
  /** Messages to publish. Default 5. */
  messages?: number;
  /** Silence before each of them. Default 3,000: longer than the idle limit, or that would never be met. */
  intervalMs?: number;
  /** How long the subscription may take; the messages are published even if it takes longer. Default 2,000. */
  connectLimitMs?: number;
  /** How long is waited for messages after the last was published. Default 2,000. */
  drainMs?: number;
  /** The longest that the server is silent: the heartbeat of push, the hold of a long poll. Default 25,000. */
  silenceMs?: number;
  /** Whether SSE asks the path not to buffer it. Default `false`. */
  unbuffered?: boolean;
  /** Time from slot to slot of a short poll. Default 100: well below what counts as degraded. */
  pollIntervalMs?: number;
  /** Bytes in a message. Default 58. */
  payloadBytes?: number;
  /** The server. Default: the transport's own. */
  serve?: (source: MessageSource, options: ServerOptions) => Endpoint;
  /** Gives numbers in [0, 1) for back-off and phase. Default `Math.random`. */
  random?: () => number;
  /** Interrupts it: everything is closed, then it rejects. */
  signal?: AbortSignal;
};

/** Runs one client through one path. Rejects only when the path can't be opened, or when it is interrupted. */
export async function tryPath(
  transport: TransportName,
  kind: PathKind,
  options: TryOptions = {},
): Promise<PathObservation> {
  const { silenceMs = 25_000, unbuffered, serve = serversByName[transport] } = options;
  const source = new EmbeddedSource();
  const server = serve(source, { heartbeatMs: silenceMs, holdMs: silenceMs, unbuffered });
  await server.listen();
  try {
    const path = await openPath(kind, server.port, options);
    try {
      return await listenThrough(path.port, transport, source, options);
    } finally {
      await path.close();
    }
  } finally {
    await server.close();
  }
}

/** Connects a client to the port, publishes, and says what arrived. */
async function listenThrough(
  port: number,
  transport: TransportName,
  source: MessageSource,
  options: TryOptions,
): Promise<PathObservation> {
  const { messages = 5, intervalMs = 3000, connectLimitMs = 2000, drainMs = 2000, signal } = options;
  const { scheme, open } = clientsByName[transport];
  const { pollIntervalMs = 100, random } = options;
  const url = `${scheme}://127.0.0.1:${port}`;
  const client = open({ url, intervalMs: pollIntervalMs, random }, nodeOpeners);
  const agesMs: number[] = [];
  let connected = false;
  let onAll = () => {};
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });

  try {
    const startMs = nowMs();
    const subscribed = client.start(({ dueMs }) => {
      if (agesMs.push(nowMs() - dueMs) === messages) onAll();
    });
    subscribed.then(
      () => {
        connected = true;
      },
      () => {}, // It was stopped before the server let it in.
    );
    await within(connectLimitMs, subscribed, signal);
    const firstMs = nowMs();
    for (let index = 1; index <= messages; index += 1) {
      const dueMs = firstMs + index * intervalMs;
      // A timer may fire a little early; no message comes before its instant.
      while (nowMs() < dueMs) await wait(Math.ceil(dueMs - nowMs()), undefined, { signal });
      source.log.append(bodyOf(index, options.payloadBytes), dueMs);
    }
    await within(drainMs, all, signal);
    const { requests, failures, lastFailure } = client.counters;
    return {
      connected,
      expected: messages,
      delivered: agesMs.length,
      agesMs: [...agesMs],
      requests,
      failures,
      lastFailure,
      durationMs: nowMs() - startMs,
    };
  } finally {
    client.stop();
  }
}

/** Waits for a promise, but no longer than the limit. Rejects when it is interrupted. */
async function within(limitMs: number, promise: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  const done = new AbortController();
  const signals = signal ? [done.signal, signal] : [done.signal];
  try {
    await Promise.race([promise, wait(limitMs, undefined, { signal: AbortSignal.any(signals) })]);
  } finally {
    done.abort();
  }
}

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
