import type { Measured, Peers } from '../analysis/peers.ts';
import type { Contest, Entered } from './contest.ts';

/**
 * Rounds in which all contenders of a contest do the same work, one after the other. Who begins changes from
 * round to round, so that nobody always comes first. A round that fails leaves a hole, and is named.
 */
export class Rounds {
  readonly #contests: readonly Contest[];
  readonly #onProgress: (text: string) => void;
  readonly #measures = new Map<string, Peers['measures'][number]>();
  readonly #failures: string[] = [];
  readonly #entered: Entered[] = [];
  #rounds = 0;
  #stopped = false;

  constructor(contests: readonly Contest[], onProgress: (text: string) => void) {
    this.#contests = contests;
    this.#onProgress = onProgress;
  }

  /** Somebody wants it to end. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** All that was measured until now. */
  get soFar(): Pick<Peers, 'rounds' | 'measures' | 'failures'> {
    return {
      rounds: this.#rounds,
      measures: [...this.#measures.values()],
      failures: this.#failures,
    };
  }

  /** Holds so many rounds of every contest. `onRound` is called after each. */
  async hold(rounds: number, onRound: () => void): Promise<void> {
    for (const contest of this.#contests) {
      const entered = await this.#enterAll(contest);
      if (contest.practises)
        for (const one of entered) await this.#hold(contest.name, one, 'practice', () => {});
      for (let round = 0; round < rounds && !this.#stopped; round += 1) {
        const start = round % Math.max(1, entered.length);
        for (const one of [...entered.slice(start), ...entered.slice(0, start)])
          await this.#hold(contest.name, one, `round ${round + 1} of ${rounds}`, (measured) =>
            this.#enter(contest.name, one.name, round, measured),
          );
        this.#rounds = Math.max(this.#rounds, round + 1);
        onRound();
      }
      await Promise.all(entered.map((one) => one.end()));
    }
  }

  /** No further round; the one under way fails. */
  stop(): void {
    this.#stopped = true;
    void this.end();
  }

  /** Ends every program that is still there. */
  async end(): Promise<void> {
    await Promise.all(this.#entered.splice(0).map((one) => one.end()));
  }

  async #enterAll(contest: Contest): Promise<Entered[]> {
    const entered: Entered[] = [];
    for (const enter of contest.enter) {
      if (this.#stopped) break;
      try {
        const one = await enter();
        entered.push(one);
        this.#entered.push(one);
      } catch (error) {
        this.#fail(`${contest.name}: ${(error as Error).message}`);
      }
    }
    return entered;
  }

  async #hold(
    contest: string,
    one: Entered,
    round: string,
    onMeasured: (measured: Measured) => void,
  ): Promise<void> {
    if (this.#stopped) return;
    this.#onProgress(`${contest}, ${round}: ${one.name}`);
    try {
      (await one.round()).forEach(onMeasured);
    } catch (error) {
      if (!this.#stopped) this.#fail(`${contest}, ${round}: ${(error as Error).message}`);
    }
  }

  #enter(contest: string, contender: string, round: number, measured: Measured): void {
    const { case: name, quantity, value } = measured;
    const key = JSON.stringify([contest, name, quantity, contender]);
    const measure = this.#measures.get(key) ?? { contest, case: name, quantity, contender, values: [] };
    while (measure.values.length < round) measure.values.push(null);
    measure.values.push(value);
    this.#measures.set(key, measure);
  }

  #fail(reason: string): void {
    this.#failures.push(reason);
    this.#onProgress(`! ${reason}`);
  }
}
