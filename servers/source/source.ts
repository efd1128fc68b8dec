import type { Feed } from '../log/message-log.ts';
import type { Schedule } from './schedule.ts';

/**
 * Where messages come from. All servers of a process share one source and read its one log;
 * what clients publish goes through it as well, so that it alone gives out `seq`.
 */
export interface MessageSource extends Feed {
  /**
   * Appends the schedule's messages, each at its instant counted from `startMs` (monotonic).
   * Resolves when the schedule has ended or `stop` was called. A schedule that is playing is stopped first.
   */
  play(schedule: Schedule, startMs: number): Promise<void>;

  /** Ends the playing schedule. */
  stop(): void;
}
