import type { Batch, Message } from '../servers/log/message.ts';
import type { BackoffName } from './shared/backoff.ts';
import type { Ledger } from './shared/ledger.ts';

/**
 * One simulated (or real) client: one way of receiving messages. All transports look like this from
 * outside, so that whatever drives them cannot favour one.
 */
export interface Receiver {
  /**
   * Connects, and hands over every message from then on, in order and once.
   * Resolves when the server has acknowledged the subscription: `ledger.startSeq` is then known.
   */
  start(onMessage: (message: Message) => void): Promise<void>;

  /** Stops reading: at the socket where there is one, otherwise by not asking again. */
  pause(): void;

  /** Reads on. */
  resume(): void;

  /**
   * Is told that so many of the messages handed over have been handled. With `credit` that lets the
   * server send as many more; without, nobody needs to call it.
   */
  handled?(count: number): void;

  /** Disconnects for good. */
  stop(): void;

  /** What has arrived, and what is missing. */
  readonly ledger: Ledger;

  readonly counters: Counters;
}

/** A client of this lab's servers. A broker's consumer only receives: who publishes there numbers its own messages. */
export interface Client extends Receiver {
  /** Sends a message to everybody. `dueMs` is the instant at which this client had planned to. */
  publish(body: string, dueMs: number): Promise<void>;
}

/** What a client counts about its own work. */
export type Counters = {
  /** Requests sent to receive messages; for push, connects. */
  requests: number;
  /** Requests that were answered with nothing. */
  empty: number;
  /** Slots of the poll schedule that passed while a request was still under way or the client was paused. */
  missedSlots: number;
  /** Connections or requests that failed. */
  failures: number;
  /** Why the last one failed. */
  lastFailure: string | undefined;
};

export function newCounters(): Counters {
  return { requests: 0, empty: 0, missedSlots: 0, failures: 0, lastFailure: undefined };
}

/** What every client is told. */
export type ClientOptions = {
  /** Where the server is: `ws://host:port`, `http://host:port` or `tcp://host:port`. */
  url: string;
  /** A cursor from an earlier life. Default: from now on. */
  after?: string;
  /** Which messages it wants: every one, or only the newest there is when it asks. Pushed clients take every one. Default `every`. */
  contract?: 'every' | 'latest';
  /**
   * Messages that the server may have sent before any of them is handled, for a server whose policy is
   * `credit`: 1 to 2³¹ − 1, for push and tcp-push. Default: none are granted, the server sends what there is.
   */
  credit?: number;
  /**
   * How long a client waits for any sign of life before it gives up a connection and opens another with its
   * cursor, or a request and asks again. Default 45,000: three heartbeats of a pushing server, or a long
   * poll's hold of 25,000 and a margin; for what is answered at once, short polls and publications, 15,000.
   * While a client is paused it listens to nobody, and that is not counted.
   */
  silenceLimitMs?: number;
  /** Whether a polling client keeps its connection open between two polls. Default `true`. */
  keepAlive?: boolean;
  /** Called for every poll as it is sent. What it returns is called with what the answer carries, as soon as there is one. */
  onAsk?: () => (batch: Batch) => void;
  /** How long it waits before it tries again after a failure. Default `jittered`. */
  backoff?: BackoffName;
  /** Gives numbers in [0, 1) for back-off and phase. Default `Math.random`. */
  random?: () => number;
};
