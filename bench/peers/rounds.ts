import { randomLcg } from 'd3-random';
import { shuffle } from 'simple-statistics';
import type { Measured, Peers } from '../analysis/peers.ts';
import type { Contest, Entered } from './contest.ts';

/**
 * Rounds in which all contenders of a contest do the same work, one after the other.
 *
 *     practice      work 1: A C B   work 2: B A C
 *     first time    work 1: B A C   work 2: C A B
 *     second time   work 1: A C B   work 2: B C A      and so on
 *
 * Everybody does a piece of work before anybody does the next: a machine has better and worse seconds, and
 * those who are held against each other have to have the same ones. The order is drawn anew each time, from a
 * seed: whoever always came after the same one would have the machine as that one leaves it, hot or rested.
 * What fails leaves a hole, and is named.
 */
export class Rounds {
  readonly #contests: readonly Contest[];
  readonly #onProgress: (text: string) => void;
  readonly #measures = new Map<string, Peers['measures'][number]>();
  readonly #failures: string[] = [];
  readonly #entered: Entered[] = [];
  /** In the order in which they entered. */
  readonly #names: string[] = [];
  readonly #random: () => number;
  #rounds = 0;
  #stopped = false;

  constructor(contests: readonly Contest[], onProgress: (text: string) => void, seed = 0.5) {
    this.#random = randomLcg(seed);
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
      measures: [...this.#measures.values()].sort((x, y) => this.#placeOf(x) - this.#placeOf(y)),
      failures: this.#failures,
    };
  }

  /** Holds so many rounds of every contest. `onRound` is called after each. */
  async hold(rounds: number, onRound: () => void): Promise<void> {
    for (const contest of this.#contests) {
      const entered = await this.#enterAll(contest);
      if (contest.practises) await this.#holdOnce(contest.name, entered, 'practice', () => {});
      const { timesPerRound = 1 } = contest;
      for (let time = 0; time < rounds * timesPerRound && !this.#stopped; time += 1) {
        const round = Math.floor(time / timesPerRound) + 1;
        await this.#holdOnce(contest.name, entered, `round ${round} of ${rounds}`, (contender, measured) =>
          this.#enter(contest.name, contender, time, measured),
        );
        if ((time + 1) % timesPerRound > 0) continue;
        this.#rounds = Math.max(this.#rounds, round);
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
        this.#names.push(one.name);
      } catch (error) {
        this.#fail(`${contest.name}: ${(error as Error).message}`);
      }
    }
    return entered;
  }

  /** Every piece of work by everybody. */
  async #holdOnce(
    contest: string,
    entered: readonly Entered[],
    round: string,
    onMeasured: (contender: string, measured: Measured) => void,
  ): Promise<void> {
    const turns = Math.max(0, ...entered.map((one) => one.turns.length));
    for (let turn = 0; turn < turns; turn += 1)
      for (const one of shuffle(entered as Entered[], this.#random)) {
        const work = one.turns[turn];
        if (this.#stopped || !work) continue;
        this.#onProgress(`${contest}, ${round}: ${one.name}`);
        try {
          for (const measured of await work()) onMeasured(one.name, measured);
        } catch (error) {
          if (!this.#stopped) this.#fail(`${contest}, ${round}: ${(error as Error).message}`);
        }
      }
  }

  #enter(contest: string, contender: string, time: number, measured: Measured): void {
    const { case: name, quantity, value } = measured;
    const key = JSON.stringify([contest, name, quantity, contender]);
    const measure = this.#measures.get(key) ?? { contest, case: name, quantity, contender, values: [] };
    while (measure.values.length < time) measure.values.push(null);
    measure.values.push(value);
    this.#measures.set(key, measure);
  }

  #placeOf({ contender }: { contender: string }): number {
    return this.#names.indexOf(contender);
  }

  #fail(reason: string): void {
    this.#failures.push(reason);
    this.#onProgress(`! ${reason}`);
  }
}
