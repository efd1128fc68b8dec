import type { Settings } from '../../clients/classroom/protocol.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { bodyOf, type Schedule } from '../../servers/source/schedule.ts';
import type { MessageSource } from '../../servers/source/source.ts';

/**
 * Plays the source as the presenter sets it, for as long as the class lasts: one schedule after the other,
 * each of about a minute, without a seam between them.
 *
 *     schedule   |—— seed 45 ——|—— seed 46 ——|— seed 47 ╳ set ——|—— seed 48 ——
 */
export class Player {
  readonly #source: MessageSource;
  #seed: number;
  #settings: Settings;
  #paused = false;
  /** Counts changes, so that what played before one of them knows that it is over. */
  #turn = 0;

  constructor(source: MessageSource, settings: Settings, seed: number) {
    this.#source = source;
    this.#settings = settings;
    this.#seed = seed;
    this.#play();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Plays these settings from now on. Those that are not about the source change nothing here. */
  set(settings: Settings): void {
    const names = ['ratePerSecond', 'schedule', 'burstSize', 'payloadBytes'] as const;
    const isOther = names.some((name) => settings[name] !== this.#settings[name]);
    this.#settings = settings;
    if (isOther) this.#play();
  }

  /** Keeps silent, until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#play();
  }

  resume(): void {
    this.#paused = false;
    this.#play();
  }

  /** So many messages at once, now, also while it is paused. */
  burst(count: number): void {
    const dueMs = nowMs();
    for (let index = 0; index < count; index += 1) {
      const body = bodyOf(this.#source.log.head + 1, this.#settings.payloadBytes);
      void this.#source.publish({ body, dueMs });
    }
  }

  /** Silence for good. */
  stop(): void {
    this.#turn += 1;
    this.#source.stop();
  }

  #play(): void {
    this.stop();
    if (!this.#paused && this.#settings.ratePerSecond > 0) void this.#playOn(this.#turn);
  }

  async #playOn(turn: number): Promise<void> {
    for (let startMs = nowMs(); turn === this.#turn; ) {
      const schedule = scheduleOf(this.#settings, this.#seed);
      this.#seed += 1;
      await this.#source.play(schedule, startMs);
      startMs += schedule.durationMs;
    }
  }
}

/** About a minute of messages, and a whole number of what repeats itself, so that the next can follow at once. */
function scheduleOf({ ratePerSecond, schedule, burstSize, payloadBytes }: Settings, seed: number): Schedule {
  const cycleMs = (1000 / ratePerSecond) * (schedule === 'burst' ? burstSize : 1);
  const durationMs = cycleMs * Math.ceil(60_000 / cycleMs);
  return { kind: schedule, ratePerSecond, burstSize, payloadBytes, durationMs, seed };
}
