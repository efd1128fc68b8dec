/**
 * What one server takes, from one connection and from all of them: the defaults, in one place.
 *
 *     too many connections   HTTP 503, WebSocket close 1013, TCP a last line; each with the reason
 *     long headers           431                     slow headers, slow body   408
 *     long body              413                     long message              WebSocket close 1009
 *     long line              a last line with the reason; the same for a first line that does not come
 *
 * Whoever is refused is told why, may read that for a second, and is cut off. Beside these there are the
 * limits of an answer (message-log.ts), of what waits for a slow reader (send-queue.ts) and of a class
 * (bench/classroom/). SECURITY.md has them all, with what is exposed to whom.
 */
export type Limits = {
  /** Connections at once. The default holds the largest crowd of an experiment twice. */
  connections: number;
  /** Connections over that which are told so at once. Any more are cut without a word. */
  connectionsTold: number;
  /** Bytes of a request line with its headers. */
  headerBytes: number;
  /** Bytes of a body. */
  bodyBytes: number;
  /** Bytes of a message that a client sends over a WebSocket, however many frames it comes in. */
  messageBytes: number;
  /** Characters of a line that a client sends over bare TCP. */
  lineCharacters: number;
  /** From the opening of a connection, or the start of a request, to the end of its headers; over TCP to the first line. */
  helloMs: number;
  /** From the start of a request to the end of its body. */
  requestMs: number;
  /** How long a connection may stay open between two polls. */
  idleMs: number;
  /** How long the answer to a long poll may be held. Then it is empty. */
  holdMs: number;
  /** How long whoever is refused may take to read the reason. */
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
  // Node's own 5 s would make every client that polls less often connect anew.
  idleMs: 120_000,
  // Below the 30 to 60 s after which proxies give up.
  holdMs: 25_000,
  goodbyeMs: 1000,
};

/** An option of every server. */
export type Limited = {
  /** Limits that are other than the default. */
  limits?: Partial<Limits>;
};

/** All limits of a server with these options. */
export function limitsOf({ limits }: Limited): Limits {
  return { ...defaultLimits, ...limits };
}
