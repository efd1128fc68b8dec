/**
 * How a client reaches the network. The transports use these and nothing else, so the same files
 * run in Node (`openers-node.ts`) and, with openers of its own, in a browser.
 */

/** A connection that carries texts: WebSocket messages, or pieces of a TCP stream. */
export interface Connection {
  send(text: string): void;
  close(): void;
  /** Stops reading, so that the sender has to wait. Absent where it can't be done: a browser. */
  pause?(): void;
  resume?(): void;
  /**
   * Bytes that have come so far, signs of life included, so that silence can be told from a lack of
   * news. Absent where it can't be seen: a browser keeps a server's pings to itself.
   */
  readonly bytesRead?: number;
}

/** `onClose` comes once, whether the connection broke, was refused or ended. */
export type ConnectionEvents = {
  onOpen?(): void;
  onText(text: string): void;
  onClose(reason: string): void;
};

export type OpenConnection = (url: string, events: ConnectionEvents) => Connection;

/** A stream of Server-Sent Events. `after` travels as `Last-Event-ID` or, where that can't be set, in the URL. */
export type OpenEvents = (
  url: string,
  after: string | undefined,
  events: { onEvent(data: string): void; onClose(reason: string): void },
) => Pick<Connection, 'close' | 'pause' | 'resume' | 'bytesRead'>;

/** One HTTP client with one connection that as a rule stays open between requests, as a browser's would. */
export interface Http {
  /** Resolves with whatever status came back; rejects when no answer came, or none within the limit. */
  ask(method: 'GET' | 'POST', path: string, body?: string): Promise<{ status: number; text: string }>;
  /** Cuts off what is under way. */
  close(): void;
}

/**
 * With `keepAlive: false` every request opens a connection of its own and closes it. Default `true`.
 * A request that hears nothing for `silenceLimitMs` is given up.
 */
export type OpenHttp = (origin: string, options: { keepAlive?: boolean; silenceLimitMs: number }) => Http;

/** The openers of one environment. */
export type Openers = {
  webSocket: OpenConnection;
  tcp: OpenConnection;
  events: OpenEvents;
  http: OpenHttp;
};
