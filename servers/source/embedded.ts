import { nowMs } from '../clock.ts';
import type { Message, Publication } from '../message.ts';
import { MessageLog } from '../message-log.ts';
import { Alarm } from './alarm.ts';
import { bodyOf, dueTimesMs, type Schedule } from './schedule.ts';
import type { MessageSource } from './source.ts';

/**
 * The default source: plays a schedule inside the server's own process.
 *
 * At each due instant it appends everything that is due by then. If it wakes late, the lateness is
 * part of every transport's delay alike, since delay is measured from the *planned* instant.
 */
export class EmbeddedSource implements MessageSource {
  readonly log: MessageLog;
  #stop = () => {};

  constructor(log = new MessageLog()) {
    this.log = log;
  }

  play(schedule: Schedule, startMs: number): Promise<void> {
    this.stop();
    const due = dueTimesMs(schedule).map((atMs) => startMs + atMs);
    const endMs = startMs + schedule.durationMs;
    let index = 0;
    return new Promise((ended) => {
      const alarm = new Alarm(() => {
        for (; index < due.length && (due[index] as number) <= nowMs(); index += 1)
          this.log.append(bodyOf(index + 1, schedule.payloadBytes), due[index] as number);
        if (nowMs() >= endMs) this.stop();
        else alarm.set(due[index] ?? endMs);
      });
      alarm.set(due[0] ?? endMs);
      this.#stop = () => {
        alarm.stop();
        ended();
      };
    });
  }

  async publish({ body, dueMs = nowMs(), key }: Publication): Promise<Message> {
    return this.log.append(body, dueMs, key);
  }

  stop(): void {
    this.#stop();
    this.#stop = () => {};
  }
}
