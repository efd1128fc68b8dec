/**
 * The limits of one server, for each connection and for all of them together.
 *
 *     too many connections   HTTP 503, WebSocket close 1013, TCP a last line; each with the reason
 *     long headers           431                     slow headers, slow body   408
 *     long body              413                     long message              WebSocket close 1009
 *     long line              a last line with the reason; the same for a first line that does not come
 *
 * A rejected client gets the reason, and is disconnected after a second. Further limits are those of a response
 * (message-log.ts), of the send queue of a slow consumer (send-queue.ts) and of a class (bench/classroom/).
 * SECURITY.md lists all of them, with what is exposed to whom.
 */
export type Limits = {
  /** Connections at once. The default: twice the largest crowd of an experiment. */
  connections: number;
  /** Connections over that which get a reason. Any more are cut without one. */
  connectionsTold: number;
  /** Bytes of a request line with its headers. */
  headerBytes: number;
  /** Bytes of a body. */
  bodyBytes: number;
  /** Bytes of a message that a client sends over a WebSocket, in one frame or in many. */
  messageBytes: number;
  /** Characters of a line that a client sends over TCP. */
  lineCharacters: number;
  /** From the start of a connection or request to the end of its headers; over TCP to the first line. */
  helloMs: number;
  /** From the start of a request to the end of its body. */
  requestMs: number;
  /** Time that a connection may stay open between two polls. */
  idleMs: number;
  /** Timeout of a long poll, after which the response is empty. */
  holdMs: number;
  /** Time in which a rejected client can read the reason. */
  goodbyeMs: number;
};

export const defaultLimits: Limits = {
  connections: 20_000,
  connectionsTold: 100,
  headerBytes: 16 * 1024,
  bodyBytes: 64 * 1024,
  messageBytes: 64 * 1024,
  lineCharacters: 64 * 1024,
  helloMs: 20_000,
  requestMs: 60_000,
  // With Node's own 5 s, every client that polls less often would open a new connection each time.
  idleMs: 120_000,
  // Below the 30 to 60 s after which proxies give up.
  holdMs: 25_000,
  goodbyeMs: 1000,
};

export type Limited = {
  /** Limits other than the defaults. `Infinity` for none. */
  limits?: Partial<Limits>;
};

/** A time for one of Node's timers, which run at once when they should wait longer than this. */
export function timerMs(ms: number): number {
  return Math.min(ms, 2 ** 31 - 1);
}

export function limitsOf(options: Limited): Limits {
  const limits = { ...defaultLimits, ...options.limits };
  return {
    ...limits,
    headerBytes: Math.min(limits.headerBytes, Number.MAX_SAFE_INTEGER),
    helloMs: timerMs(limits.helloMs),
    requestMs: timerMs(limits.requestMs),
    idleMs: timerMs(limits.idleMs),
    holdMs: timerMs(limits.holdMs),
    goodbyeMs: timerMs(limits.goodbyeMs),
  };
}
