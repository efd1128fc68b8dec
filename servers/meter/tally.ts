/** The counters of a server. They only grow. */
export type Tally = ReturnType<typeof newTally>;

export const newTally = () => ({
  /** Polls with a response, empty or not. */
  requests: 0,
  /** Polls with an empty batch as the response. */
  empty: 0,
  /** Messages written, summed over the clients. */
  deliveries: 0,
  /**
   * Messages dropped for a client, superseded ones included. A client whose connection breaks before it reads that
   * finds them in the log: its real loss is only in its own accounting.
   */
  dropped: 0,
  /** Inputs and connections refused, as a rule with a reason. */
  refused: 0,
  /** Slow consumers that were disconnected. */
  evicted: 0,
  /** Fan-outs, and the time from the first to the last write of one. */
  fanOuts: { count: 0, sumMs: 0, maxMs: 0 },
});
