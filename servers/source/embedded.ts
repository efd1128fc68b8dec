import { nowMs } from '../clock.ts';
import type { Message, Publication } from '../message.ts';
import { MessageLog } from '../message-log.ts';
import { bodyOf, dueTimesMs, type Schedule } from './schedule.ts';
import type { MessageSource } from './source.ts';

/**
 * The default source: plays a schedule inside the server's own process.
 *
 * It wakes at the next due instant and appends everything that is due by then. A timer of Node's
 * may be up to a millisecond late; since delay is measured from the *planned* instant, that
 * lateness is part of every transport's delay alike, and none of it is hidden.
 */
export class EmbeddedSource implements MessageSource {
  readonly log: MessageLog;
  #timer: NodeJS.Timeout | undefined;
  #ended: (() => void) | undefined;

  constructor(log = new MessageLog()) {
    this.log = log;
  }

  play(schedule: Schedule, startMs: number): Promise<void> {
    this.stop();
    const due = dueTimesMs(schedule);
    let index = 0;
    const wake = () => {
      while (index < due.length && startMs + (due[index] as number) <= nowMs()) {
        this.log.append(bodyOf(index + 1, schedule.payloadBytes), startMs + (due[index] as number));
        index += 1;
      }
      const nextMs = index < due.length ? (due[index] as number) : schedule.durationMs;
      if (index === due.length && nowMs() >= startMs + schedule.durationMs) this.stop();
      else this.#timer = setTimeout(wake, startMs + nextMs - nowMs());
    };
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#timer = setTimeout(wake, startMs - nowMs());
    });
  }

  async publish({ body, dueMs = nowMs() }: Publication): Promise<Message> {
    return this.log.append(body, dueMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#ended?.();
    this.#ended = undefined;
  }
}
