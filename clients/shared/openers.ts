/** How a client reaches the network, in Node (`openers-node.ts`) or in a browser (`../classroom/openers-browser.ts`). */

/** A connection that carries texts: WebSocket messages, events of SSE, or pieces of a TCP stream. */
export interface Connection {
  /** Absent where the client can't send: SSE. */
  send?(text: string): void;
  /** Says goodbye where the protocol has a word for that, and ends the connection within a second. */
  close(): void;
  /** Stops reading, so that the sender has to wait. Absent where that is impossible: a browser. */
  pause?(): void;
  resume?(): void;
  /** Bytes received so far, heartbeats included. Absent where they are hidden: a browser shows a page no pings. */
  readonly bytesRead?: number;
}

/** `onClose` is called once, whether the connection broke, was refused or ended. */
export type ConnectionEvents = {
  onOpen?(): void;
  onText(text: string): void;
  onClose(reason: string): void;
};

export type OpenConnection = (url: string, events: ConnectionEvents) => Connection;

/** A stream of Server-Sent Events. `after` is sent as `Last-Event-ID` or, where that can't be set, in the URL. */
export type OpenEvents = (url: string, after: string | undefined, events: ConnectionEvents) => Connection;

/** A message, a batch without messages, the reason why the stream ends. Other events mean nothing here. */
export const eventNames: readonly string[] = ['message', 'batch', 'evicted'];

/** The longest message that a client takes. A longer one costs its connection. */
export const messageBytesMax = 32 * 1024 * 1024;

/** An HTTP client with one connection. */
export interface Http {
  /** Resolves with the response, whatever its status; rejects when there was none, or none within the limit. */
  ask(method: 'GET' | 'POST', path: string, body?: string): Promise<{ status: number; text: string }>;
  /** Cuts off the pending request. */
  close(): void;
}

/**
 * With `keepAlive: false` every request opens a connection and closes it. Default `true`.
 * A request is given up when nothing arrives for `silenceLimitMs`.
 */
export type OpenHttp = (origin: string, options: { keepAlive?: boolean; silenceLimitMs: number }) => Http;

export type Openers = {
  webSocket: OpenConnection;
  tcp: OpenConnection;
  events: OpenEvents;
  http: OpenHttp;
};
