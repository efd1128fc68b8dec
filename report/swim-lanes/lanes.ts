import type { Trace } from '../../bench/result.ts';
import type { TransportName } from '../../clients/transports.ts';

/** A recorded trace for the page and its script: the same messages in every lane. */
export type SwimLanes = {
  lanes: SwimLane[];
  /** In order, with their scheduled send times. */
  messages: { seq: number; dueMs: number }[];
  /** The end of the time axis: that of the window, or of the last message or response of the window. */
  endMs: number;
  windowMs: number;
};

/** The trace of one client. A push client has no polls. */
export type SwimLane = {
  transport: TransportName;
  /** "short poll every 500 ms". */
  name: string;
  messages: Trace['messages'];
  polls: Poll[];
  /** The long-poll timeout; `undefined` for other transports. */
  holdMs?: number;
  /** The trial's own count within its window. */
  requests: number;
  empty: number;
  /** Measured mean of the delay proxy's one-way delay. */
  oneWayMs?: number;
};

export type Poll = Trace['polls'][number];

/** The latency of a message in a lane; `undefined` where the lane lacks the message. */
export function latencyMs({ messages }: SwimLane, seq: number): number | undefined {
  const message = messages.find((other) => other.seq === seq);
  return message && message.handledMs - message.dueMs;
}

/** The poll whose response carried a message. */
export function carrierOf({ polls }: SwimLane, seq: number): Poll | undefined {
  return polls.find(({ seqs }) => seqs.includes(seq));
}

/** Whether a message fell into a re-arm gap of a long poll: no request was at the server. */
export function fellIntoGap(lane: SwimLane, seq: number): boolean {
  const message = lane.messages.find((other) => other.seq === seq);
  const arrivedMs = carrierOf(lane, seq)?.arrivedMs;
  return (
    lane.holdMs !== undefined && arrivedMs !== undefined && message !== undefined && arrivedMs > message.atMs
  );
}

/**
 * The message to follow first: the message that separates the transports most. From push to each polling lane,
 * latency rises in steps. The smallest step of each message counts, and the message with the largest wins.
 */
export function mostTelling({ lanes, messages }: SwimLanes): number {
  const contrasts = messages.map(({ seq }) => {
    const ages = (of: (lane: SwimLane) => boolean) =>
      lanes.filter(of).map((lane) => latencyMs(lane, seq) ?? 0);
    const asking = ages(({ polls }) => polls.length > 0);
    const levels = [Math.max(0, ...ages(({ polls }) => polls.length === 0)), ...asking];
    const steps = asking.map((age, place) => age - (levels[place] ?? 0));
    return { seq, contrast: Math.min(...steps) };
  });
  return contrasts.reduce((best, other) => (other.contrast > best.contrast ? other : best)).seq;
}
