import type { Trace } from '../../bench/result.ts';
import type { TransportName } from '../../clients/transports.ts';

/** A recorded trace as the page draws it, and as it hands it to its script: the same messages in every lane. */
export type SwimLanes = {
  lanes: SwimLane[];
  /** In order, with the instant at which each was due. */
  messages: { seq: number; dueMs: number }[];
  /** Where the time axis ends: with the window, or with the last message or answer of it that came later. */
  endMs: number;
  windowMs: number;
};

/** What one client saw. One that is pushed has no polls. */
export type SwimLane = {
  transport: TransportName;
  /** "short poll every 500 ms". */
  name: string;
  messages: Trace['messages'];
  polls: Poll[];
  /** Whether its polls are held until there is news. */
  holdMs?: number;
  /** As the trial counted them within its window. */
  requests: number;
  empty: number;
  /** Mean of one way through the link, where it was measured. */
  oneWayMs?: number;
};

export type Poll = Trace['polls'][number];

/** How old a message was when a lane's client handled it; `undefined` where it has none of that number. */
export function ageMs({ messages }: SwimLane, seq: number): number | undefined {
  const message = messages.find((other) => other.seq === seq);
  return message && message.handledMs - message.dueMs;
}

/** The poll in whose answer a message came. */
export function carrierOf({ polls }: SwimLane, seq: number): Poll | undefined {
  return polls.find(({ seqs }) => seqs.includes(seq));
}

/** Whether a message found no poll at the server, although answers are held there: it fell into a re-arm gap. */
export function fellIntoGap(lane: SwimLane, seq: number): boolean {
  const message = lane.messages.find((other) => other.seq === seq);
  const arrivedMs = carrierOf(lane, seq)?.arrivedMs;
  return (
    lane.holdMs !== undefined && arrivedMs !== undefined && message !== undefined && arrivedMs > message.atMs
  );
}

/**
 * The message to follow first: the one that sets the ways furthest apart. From push to each lane that
 * asks there is a step in age; of every message the smallest step counts, and the largest of these wins.
 */
export function mostTelling({ lanes, messages }: SwimLanes): number {
  const contrasts = messages.map(({ seq }) => {
    const ages = (of: (lane: SwimLane) => boolean) => lanes.filter(of).map((lane) => ageMs(lane, seq) ?? 0);
    const asking = ages(({ polls }) => polls.length > 0);
    const levels = [Math.max(0, ...ages(({ polls }) => polls.length === 0)), ...asking];
    const steps = asking.map((age, place) => age - (levels[place] ?? 0));
    return { seq, contrast: Math.min(...steps) };
  });
  return contrasts.reduce((best, other) => (other.contrast > best.contrast ? other : best)).seq;
}
