import type { Batch } from '../../servers/log/message.ts';
import type { MessageLog } from '../../servers/log/message-log.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Appearance } from '../analysis/on-schedule.ts';

/**
 * Writes down when a log told of each message. It has to subscribe before any server does: the log tells its
 * subscribers one after the other, and the models begin with the instant before the first write of a fan-out.
 *
 * Throws an `Error` where somebody was first.
 */
export function observe(log: MessageLog): { since(startMs: number): Appearance[]; stop(): void } {
  if (log.subscribers > 0)
    throw new Error(`expected the observer as the first subscriber, got ${log.subscribers} before it`);
  const seen: Appearance[] = [];
  const stop = log.subscribe((messages) => {
    const atMs = nowMs();
    for (const { dueMs } of messages) seen.push({ dueMs, atMs });
  });
  return {
    /** What was seen so far, in milliseconds from `startMs`. */
    since: (startMs) => seen.map(({ dueMs, atMs }) => ({ dueMs: dueMs - startMs, atMs: atMs - startMs })),
    stop,
  };
}

/** A poll at one end of its way: when it was asked there, and when the answer was there; monotonic milliseconds. */
export type Asked = { askedMs: number; answeredMs?: number; seqs: number[] };

/** Writes down the polls that pass one end of the way, client or server, in the order in which they were asked. */
export class PollRecord {
  readonly asked: Asked[] = [];

  /** Enters a poll. What it returns enters the answer. */
  ask(): (batch: Batch) => void {
    const poll: Asked = { askedMs: nowMs(), seqs: [] };
    this.asked.push(poll);
    return ({ messages }) => {
      poll.answeredMs = nowMs();
      poll.seqs = messages.map(({ seq }) => seq);
    };
  }

  /** Polls that have been answered. One client asks one after the other, so these are the first ones. */
  get answered(): number {
    return this.asked.filter(({ answeredMs }) => answeredMs !== undefined).length;
  }
}
