/**
 * How often somebody may do something: so often per second on average, and so often at once (a token bucket).
 *
 *     allowance    ▇▇▇▇▇▇ ▅▅▆▆▇▇▇▇▇▇      grows with time, up to what is allowed at once
 *     taken              ▼▼               each take needs one
 */
export class Allowance {
  readonly #perSecond: number;
  readonly #atOnce: number;
  #left: number;
  #atMs: number | undefined;

  constructor(perSecond: number, atOnce: number) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
    this.#left = atOnce;
  }

  /** Whether there is one at this instant. */
  has(nowMs: number): boolean {
    const grownMs = nowMs - (this.#atMs ?? nowMs);
    this.#left = Math.min(this.#atOnce, this.#left + (grownMs * this.#perSecond) / 1000);
    this.#atMs = nowMs;
    return this.#left >= 1;
  }

  /** Takes one, if there is one at this instant. */
  take(nowMs: number): boolean {
    if (!this.has(nowMs)) return false;
    this.#left -= 1;
    return true;
  }
}
