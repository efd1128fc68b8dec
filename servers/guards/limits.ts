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
export type Limits = typeof defaultLimits;

export const defaultLimits = {
  /** Connections at once. The default: twice the largest crowd of an experiment. */
  connections: 20_000,
  /** Connections over that which get a reason. Any more are cut without one. */
  connectionsTold: 100,
  /** Bytes of a request line with its headers. */
  headerBytes: 16 * 1024,
  /** Bytes of a body. */
  bodyBytes: 64 * 1024,
  /** Bytes of a message that a client sends over a WebSocket, in one frame or in many. */
  messageBytes: 64 * 1024,
  /** Characters of a line that a client sends over TCP. */
  lineCharacters: 64 * 1024,
  /** From the start of a connection or request to the end of its headers; over TCP to the first line. */
  helloMs: 20_000,
  /** From the start of a request to the end of its body. */
  requestMs: 60_000,
  /** Time that a connection may stay open between two polls. With Node's own 5 s, slow polls would open one each time. */
  idleMs: 120_000,
  /** Timeout of a long poll, after which the response is empty. Below the 30 to 60 s after which proxies give up. */
  holdMs: 25_000,
  /** Time in which a rejected client can read the reason. */
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
  limits.headerBytes = Math.min(limits.headerBytes, Number.MAX_SAFE_INTEGER);
  for (const name of ['helloMs', 'requestMs', 'idleMs', 'holdMs', 'goodbyeMs'] as const)
    limits[name] = timerMs(limits[name]);
  return limits;
}
