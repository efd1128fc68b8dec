import type { Measured } from '../analysis/peers.ts';

/** One piece of work of a contender, and what is measured of it. Throws where its books don't balance. */
export type Turn = () => Promise<Measured[]>;

/** A contender that is there. Its turns are the same pieces of work, in the same order, as everybody's. */
export type Entered = { name: string; turns: readonly Turn[]; end?(): Promise<void> };

/** Contenders who do the same work. All start again each time. */
export type Contest = {
  name: string;
  /**
   * With how many pieces of work everybody begins that do not count, the first ones: what runs for the first
   * time is not compiled yet, for some longer than for others. Default none.
   */
  practisedTurns?: number;
  /** How often it is held in a round: more often where the work is short. Default once. */
  timesPerRound?: number;
  enter: readonly (() => Promise<Entered>)[];
};

/** A contender whose turns start and end their programs themselves. */
export function entering(name: string, ...turns: readonly Turn[]): () => Promise<Entered> {
  return async () => ({ name, turns });
}
