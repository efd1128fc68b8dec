import { randomLcg } from 'd3-random';
import { shuffle } from 'simple-statistics';
import { type AnyTrialPlan, isAtBroker } from '../experiment.ts';

/** One trial at its turn: its groups in the order in which they run, and where everything is in the plan. */
export type Turn = {
  plan: AnyTrialPlan;
  /** The trial's place in the plan. */
  place: number;
  /** The place in the plan of each group. */
  groupPlaces: number[];
};

/**
 * The order in which an experiment runs, drawn from the seed for each repeat, the first included: code
 * that runs later is warmer, and a server serves the transport first that subscribed first. In a fixed order
 * both would count as a difference between transports.
 *
 * The repeats follow one another. Trials in processes of their own come last, since whatever ran after them
 * would run in cold processes. A traced trial keeps the order of its groups: it is drawn and not compared.
 */
export class Order {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomLcg(seed);
    // The first numbers of neighbouring seeds are nearly the same.
    for (let drawn = 0; drawn < 10; drawn += 1) this.#random();
  }

  /** The next order that is drawn. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    return shuffle([...items], this.#random);
  }

  /** The trials of a plan, each with its turn. */
  ofTrials(trials: readonly AnyTrialPlan[]): Turn[] {
    const placed = trials.map((plan, place) => ({ plan, place, repeat: plan.repeat }));
    const last = placed.filter(({ plan }) => hasOwnProcesses(plan));
    const drawn = this.of(placed.filter(({ plan }) => !hasOwnProcesses(plan)));
    return [...drawn, ...last].map(({ plan, place }) => this.#turn(plan, place));
  }

  /** Anything that may be repeated, each with its place in the plan. */
  ofAll<Item extends { repeat?: number }>(items: readonly Item[]): { item: Item; place: number }[] {
    return this.of(items.map((item, place) => ({ item, place, repeat: item.repeat ?? 1 })));
  }

  /** Anything that is repeated. */
  of<Item extends { repeat: number }>(items: readonly Item[]): Item[] {
    const repeats = [...new Set(items.map(({ repeat }) => repeat))].sort((a, b) => a - b);
    return repeats.flatMap((repeat) =>
      shuffle(
        items.filter((item) => item.repeat === repeat),
        this.#random,
      ),
    );
  }

  #turn(plan: AnyTrialPlan, place: number): Turn {
    const planned = plan.groups.map((_, index) => index);
    const groupPlaces = isTraced(plan) ? planned : shuffle(planned, this.#random);
    const groups = groupPlaces.map((index) => plan.groups[index]);
    return { plan: { ...plan, groups } as AnyTrialPlan, place, groupPlaces };
  }
}

function isTraced(plan: AnyTrialPlan): boolean {
  return !isAtBroker(plan) && plan.trace === true;
}

function hasOwnProcesses(plan: AnyTrialPlan): boolean {
  return !isAtBroker(plan) && plan.ownProcesses === true;
}

/** Puts what came of each group, in the order in which they ran, into the order of the plan. */
export function inPlannedOrder<Item>(
  items: readonly Item[],
  { groupPlaces }: Pick<Turn, 'groupPlaces'>,
): Item[] {
  return items
    .map((item, index) => ({ item, place: groupPlaces[index] ?? index }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/**
 * Enters what was measured at the end of a list, in the order of the plan, whenever it is done: tables and
 * charts have the same order in every run.
 */
export class InPlannedOrder<Item> {
  readonly #list: Item[];
  readonly #done: Item[][] = [];
  #from: number | undefined;

  constructor(list: Item[]) {
    this.#list = list;
  }

  enter(place: number, items: Item[]): void {
    this.#from ??= this.#list.length;
    this.#done[place] = items;
    this.#list.splice(this.#from, Number.POSITIVE_INFINITY, ...this.#done.flat());
  }
}
