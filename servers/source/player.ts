import { nowMs } from '../meter/clock.ts';
import { Alarm } from './alarm.ts';
import { bodyOf, dueTimesMs, type Schedule } from './schedule.ts';

/** A schedule that is being played. */
export type Playing = {
  /** Resolves when it has ended or was stopped. */
  ended: Promise<void>;
  stop(): void;
};

/**
 * Calls `emit` for every message of a schedule, each at its instant counted from `startMs` (monotonic).
 *
 * At each due instant it emits everything that is due by then. If it wakes late, the lateness is part
 * of every transport's delay alike, since delay is measured from the *planned* instant.
 */
export function playSchedule(
  schedule: Schedule,
  startMs: number,
  emit: (body: string, dueMs: number) => void,
): Playing {
  const due = dueTimesMs(schedule).map((atMs) => startMs + atMs);
  return atInstants(
    due,
    (index) => emit(bodyOf(index + 1, schedule.payloadBytes), due[index] as number),
    startMs + schedule.durationMs,
  );
}

/** Calls `act` with the place of each instant (monotonic, in order) when it has come, never before. Ends at `endMs`. */
export function atInstants(
  due: readonly number[],
  act: (index: number) => void,
  endMs = due.at(-1) ?? nowMs(),
): Playing {
  let index = 0;
  let stop = () => {};
  const ended = new Promise<void>((resolve) => {
    const alarm = new Alarm(() => {
      for (; index < due.length && (due[index] as number) <= nowMs(); index += 1) act(index);
      if (nowMs() >= endMs) stop();
      else alarm.set(due[index] ?? endMs);
    });
    stop = () => {
      alarm.stop();
      resolve();
    };
    alarm.set(due[0] ?? endMs);
  });
  return { ended, stop };
}
