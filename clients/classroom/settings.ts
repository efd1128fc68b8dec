import type { Settings } from './protocol.ts';

/** What the pages and the server know before anybody has said anything: lanes, policies, defaults and limits. */

/** The lanes on the projector, from top to bottom: what a browser can speak. */
export const laneNames = ['push', 'sse', 'long-poll', 'short-poll'] as const;

/** What a server can do with what waits for a slow push client, as servers/fan-out/send-queue.ts explains it. */
export const policies = [
  'unbounded',
  'drop-newest',
  'drop-oldest',
  'conflate',
  'disconnect',
  'credit',
] as const;

/** What stands at the beginning, and after a reset. */
export const defaultSettings: Settings = {
  ratePerSecond: 2,
  schedule: 'poisson',
  burstSize: 10,
  payloadBytes: 58,
  intervalMs: 1000,
  holdMs: 25_000,
  oneWayMs: 0,
  handlingMs: 0,
  slowBy: 'sleep',
  policy: 'disconnect',
  limitBytes: 1_048_576,
  replay: true,
  offline: [],
};

/** Limits of a class. The answer that refuses names them. */
export const limits = {
  members: 250,
  /** Bytes of one thing that a page says. */
  saidBytes: 8 * 1024,
  /** Things that one member may say per second, on average, and at once. */
  saidPerSecond: 10,
  saidAtOnce: 40,
  /** Latencies in one thing that a member says. */
  latenciesAtOnce: 250,
} as const;

/** Close codes of a session that is over for good. 4000 to 4999 are free for applications (RFC 6455 §7.4.2). */
export const closeCodes = { ended: 4000, takenOver: 4001, unknown: 4003, flooding: 4008 } as const;
