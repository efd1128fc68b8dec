import type { Measured, Peers } from '../analysis/peers.ts';
import { Order } from '../harness/order.ts';
import type { Contest, Entered } from './contest.ts';

/**
 * Rounds in which all contenders of a contest do the same work, one after the other.
 *
 *     first time    A B C start    practice: A C B    work 1: B A C   work 2: C A B    all end
 *     second time   A B C start    practice: C A B    work 1: A C B   work 2: B C A    all end      and so on
 *
 * Everybody starts again each time: where code and objects come to lie in memory makes one process of the same
 * program some percent faster than the next, for as long as it lives. In one process that would be taken for
 * a difference between programs, and no interval would show it.
 *
 * Everybody does a piece of work before anybody does the next: a machine has better and worse seconds, and
 * contenders that are compared need the same ones. Each order is drawn from a seed: a contender that always ran
 * after the same other contender would get the machine as that one leaves it, hot or rested.
 * A failure leaves a gap, and the result names it.
 */
export class Rounds {
  readonly #contests: readonly Contest[];
  readonly #onProgress: (text: string) => void;
  readonly #measures = new Map<string, Peers['measures'][number]>();
  readonly #failures: string[] = [];
  readonly #entered: Entered[] = [];
  /** In the order in which they entered. */
  readonly #names: string[] = [];
  readonly #order: Order;
  #rounds = 0;
  #stopped = false;

  constructor(contests: readonly Contest[], onProgress: (text: string) => void, seed = 0.5) {
    this.#order = new Order(seed);
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
      const { name, practisedTurns = 0, timesPerRound = 1 } = contest;
      for (let time = 0; time < rounds * timesPerRound && !this.#stopped; time += 1) {
        const round = Math.floor(time / timesPerRound) + 1;
        const title = `${name}, round ${round} of ${rounds}`;
        await this.#enterAll(contest, title);
        await this.#work(`${title}, practice`, practisedTurns, () => {});
        await this.#work(title, Number.POSITIVE_INFINITY, (contender, measured) =>
          this.#enter(name, contender, time, measured),
        );
        await this.end();
        if (this.#stopped) return;
        if ((time + 1) % timesPerRound > 0) continue;
        this.#rounds = Math.max(this.#rounds, round);
        onRound();
      }
    }
  }

  /** No further round; the one under way fails. */
  stop(): void {
    this.#stopped = true;
    void this.end();
  }

  /** Ends every program that is still there. */
  async end(): Promise<void> {
    await Promise.all(this.#entered.splice(0).map((one) => one.end?.()));
  }

  async #enterAll({ enter }: Contest, title: string): Promise<void> {
    for (const start of enter) {
      if (this.#stopped) return;
      try {
        const one = await start();
        this.#entered.push(one);
        if (!this.#names.includes(one.name)) this.#names.push(one.name);
      } catch (error) {
        this.#fail(`${title}: ${(error as Error).message}`);
      }
    }
  }

  /** So many pieces of work by everybody, or as many as there are. */
  async #work(
    title: string,
    most: number,
    onMeasured: (contender: string, measured: Measured) => void,
  ): Promise<void> {
    const entered = [...this.#entered];
    const turns = Math.min(most, Math.max(0, ...entered.map((one) => one.turns.length)));
    for (let turn = 0; turn < turns; turn += 1)
      for (const one of this.#order.shuffled(entered)) {
        const work = one.turns[turn];
        if (this.#stopped || !work) continue;
        this.#onProgress(`${title}: ${one.name}`);
        try {
          for (const measured of await work()) onMeasured(one.name, measured);
        } catch (error) {
          if (!this.#stopped) this.#fail(`${title}: ${(error as Error).message}`);
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
