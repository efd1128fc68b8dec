import type { Batch } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';

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
