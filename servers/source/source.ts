import type { Feed } from '../log/message-log.ts';
import type { Schedule } from './schedule.ts';

/** Where messages come from, publications of clients included: the source alone numbers messages. */
export interface MessageSource extends Feed {
  /**
   * Appends the messages of the schedule, each at its scheduled send time, counted from `startMs` (monotonic).
   * Resolves at the end of the schedule, or when `stop` is called. Stops a schedule that is already playing.
   */
  play(schedule: Schedule, startMs: number): Promise<void>;

  /** Stops the schedule that is playing. */
  stop(): void;
}
