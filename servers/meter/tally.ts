/** The counters of a server. They only grow. */
export type Tally = {
  /** Polls with a response, empty or not. */
  requests: number;
  /** Polls with an empty batch as the response. */
  empty: number;
  /** Messages written, summed over the clients. */
  deliveries: number;
  /**
   * Messages dropped for a client, superseded ones included. A client whose connection breaks before it reads that
   * comes back with an older cursor and finds them in the log: its real loss is only in its own accounting.
   */
  dropped: number;
  /** Inputs and connections refused, as a rule with a reason. */
  refused: number;
  /** Slow consumers that were disconnected. */
  evicted: number;
  /** Fan-outs, and the time from the first to the last write of one. */
  fanOuts: { count: number; sumMs: number; maxMs: number };
};

export function newTally(): Tally {
  return {
    requests: 0,
    empty: 0,
    deliveries: 0,
    dropped: 0,
    refused: 0,
    evicted: 0,
    fanOuts: { count: 0, sumMs: 0, maxMs: 0 },
  };
}
