import type { Measured } from '../analysis/peers.ts';

/** One piece of work of a contender, and what is measured of it. Throws where its books don't balance. */
export type Turn = () => Promise<Measured[]>;

/** A contender that is there. Its turns are the same pieces of work, in the same order, as everybody's. */
export type Entered = { name: string; turns: readonly Turn[]; end(): Promise<void> };

/** Contenders who do the same work. Each is started when its turn comes for the first time, and stays. */
export type Contest = {
  name: string;
  /**
   * One more time before the first, which does not count: what runs for the first time is not compiled yet,
   * for some longer than for others.
   */
  practises: boolean;
  /** How often it is held in a round: more often where the work is short. Default once. */
  timesPerRound?: number;
  enter: readonly (() => Promise<Entered>)[];
};
