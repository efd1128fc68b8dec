/**
 * How long a connection has been silent, counted only while its page runs. A page that slept, or was too busy
 * to look, counts one second at most: what came meanwhile may still wait to be read.
 */
export class Silence {
  #sumMs = 0;
  #atMs: number | undefined;

  /** Something came. */
  end(): void {
    this.#sumMs = 0;
  }

  /** Milliseconds of silence up to now. To be called about once a second. */
  upTo(nowMs: number): number {
    this.#sumMs += Math.min(stepMsMax, nowMs - (this.#atMs ?? nowMs));
    this.#atMs = nowMs;
    return this.#sumMs;
  }
}

const stepMsMax = 1000;

/** A connection on which nothing came for this long, although something should have, is dead. */
export const silenceLimitMs = 6000;
