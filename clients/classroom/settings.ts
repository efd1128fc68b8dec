/** What the pages and the server know before anybody has said anything: lanes, policies and limits. */

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
