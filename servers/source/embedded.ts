import type { Publication } from '../log/message.ts';
import { MessageLog } from '../log/message-log.ts';
import { nowMs } from '../meter/clock.ts';
import { type Playing, playSchedule } from './player.ts';
import { PublishedIds } from './published-ids.ts';
import type { Schedule } from './schedule.ts';
import type { MessageSource } from './source.ts';

/** The default source: plays a schedule in the server's process, and appends each message to the log at once. */
export class EmbeddedSource implements MessageSource {
  readonly log: MessageLog;
  readonly #ids = new PublishedIds();
  #playing: Playing | undefined;

  constructor(log = new MessageLog()) {
    this.log = log;
  }

  play(schedule: Schedule, startMs: number): Promise<void> {
    this.stop();
    this.#playing = playSchedule(schedule, startMs, (body, dueMs) => this.log.append(body, dueMs));
    return this.#playing.ended;
  }

  publish({ body, dueMs = nowMs(), key, id }: Publication): Promise<{ seq: number }> {
    return this.#ids.once(id, async () => this.log.append(body, dueMs, key));
  }

  stop(): void {
    this.#playing?.stop();
  }
}
