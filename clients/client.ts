import type { Batch, Message } from '../servers/log/message.ts';
import type { BackoffName } from './shared/backoff.ts';
import type { Ledger } from './shared/ledger.ts';

/**
 * One way of receiving messages. All transports look alike from outside, so the load generator can't favour one.
 * `contract.ts` lists what all six clients promise, and a test checks each promise.
 */
export interface Receiver {
  /**
   * Connects, and tries again until it can. Calls `onMessage` with every message from then on, in order and once; what
   * that throws becomes an uncaught exception, and the next message follows. Resolves when the client knows its place in
   * the log, `ledger.startSeq`: a short poll with a cursor does at once. Rejects at `stop()`.
   */
  start(onMessage: (message: Message) => void): Promise<void>;

  /** No message is handed over until `resume()`: the client stops reading at the socket, or doesn't poll. */
  pause(): void;

  /** Goes on. Messages that wait are handed over after the call has returned. */
  resume(): void;

  /** The application has handled this many messages: with `credit` the server may send as many more, and a broker gets its acknowledgements. */
  handled?(count: number): void;

  /** Disconnects for good. No message is handed over any more, and pending calls reject. */
  stop(): void;

  readonly ledger: Ledger;

  readonly counters: Counters;
}

/** A client of this lab's servers. A broker's consumer only receives: publishers there number their own messages. */
export interface Client extends Receiver {
  /**
   * Sends a message to everybody. `dueMs` is the scheduled send time.
   *
   * Resolves when the server has the message. Rejects when the server refused it, when the client is not connected
   * or is stopped, and when the connection is lost or silent before the acknowledgement. The server may have the message
   * then: publish it again with the same `id`, 1 to 64 characters, and it is not doubled. A client that has paused its
   * only connection reads the acknowledgement after `resume()`.
   */
  publish(body: string, dueMs: number, id?: string): Promise<void>;
}

export type Counters = ReturnType<typeof newCounters>;

export const newCounters = () => ({
  /** Requests sent to receive messages; for push, connects. */
  requests: 0,
  /** Responses without messages. */
  empty: 0,
  /** Slots of the poll schedule that passed while a request was pending or the client was paused. */
  missedSlots: 0,
  /** Connections or requests that failed. */
  failures: 0,
  /** Why the last one failed, in the server's own words where it gave a reason. */
  lastFailure: undefined as string | undefined,
});

/** Options of every client. A time of `Infinity` is no limit. */
export type ClientOptions = {
  /** Where the server is: `ws://host:port`, `http://host:port` or `tcp://host:port`. */
  url: string;
  /** The cursor of an earlier client, to continue from there. Default: from now on. */
  after?: string;
  /** Which messages a poll asks for: every one, or only the newest. Pushed clients get every one. Default `every`. */
  contract?: 'every' | 'latest';
  /**
   * Messages that the server may send before any of them is handled, for a server whose policy is `credit`: 1 to
   * 2³¹ − 1, for push and tcp-push. Default: the client grants none, and the server sends what there is.
   */
  credit?: number;
  /**
   * How long nothing may arrive, no heartbeat either, before the client gives up a connection and opens another, or
   * gives up a request. Default 45,000: three heartbeats of a pushing server, or a long-poll timeout of 25,000 and a
   * margin; for responses that are due at once, short polls and publications over HTTP, 15,000. The time during
   * which a client is paused doesn't count.
   */
  silenceLimitMs?: number;
  /** Whether a polling client keeps its connection open between two polls. Default `true`. */
  keepAlive?: boolean;
  /** Called for every poll as it is sent. The function that it returns is called with the batch as it arrives. */
  onAsk?: () => (batch: Batch) => void;
  /** How long the client waits after a failure before it tries again. Default `jittered`. */
  backoff?: BackoffName;
  /** Gives numbers in [0, 1) for back-off and phase. Default `Math.random`. */
  random?: () => number;
};
