import type { LaneName, Said, Sight } from './protocol.ts';

/** Sights that one message may carry, as the protocol has it. */
const sightsMax = 500;

/** Messages that are sent at a time: below what a member may say. */
const saidMax = 4;

/** Sights that wait while the session is away. What is older than these is not told any more, and counted. */
export const waitingMax = 100_000;

/**
 * What lanes saw and the server has not been told yet. Told a few hundred at a time, so that a lane that
 * comes back with thousands of messages does not say too much at once.
 */
export class SightQueue {
  /** Sights that were given up because too many waited. */
  lost = 0;
  readonly #waiting = new Map<LaneName, Sight[]>();

  add(transport: LaneName, sights: readonly Sight[]): void {
    const waiting = this.#waiting.get(transport) ?? [];
    this.#waiting.set(transport, waiting);
    waiting.push(...sights);
    if (waiting.length <= waitingMax) return;
    this.lost += waiting.length - waitingMax;
    waiting.splice(0, waiting.length - waitingMax);
  }

  /** Takes out what may be said now. `uncertaintyMs` goes with it. */
  take(uncertaintyMs: number): Said[] {
    const said: Said[] = [];
    for (let round = 0; round < saidMax && said.length < saidMax; round += 1)
      for (const [transport, waiting] of this.#waiting) {
        if (waiting.length === 0 || said.length >= saidMax) continue;
        said.push({ say: 'saw', transport, uncertaintyMs, sights: waiting.splice(0, sightsMax) });
      }
    return said;
  }
}
