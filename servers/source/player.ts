import { nowMs } from '../meter/clock.ts';
import { Alarm } from './alarm.ts';
import { bodyOf, dueTimesMs, type Schedule } from './schedule.ts';

export type Playing = {
  /** Resolves at the end of the schedule, or when it is stopped. */
  ended: Promise<void>;
  stop(): void;
};

/**
 * Calls `emit` for every message of a schedule at its scheduled send time, counted from `startMs` (monotonic).
 *
 * If the process wakes late, that time is part of the latency of every transport alike: latency starts at the
 * *scheduled* send time.
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

/** Calls `act` with the index of each instant (monotonic, in order), never before that instant. Ends at `endMs`. */
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
