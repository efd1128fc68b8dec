import type { Measured } from '../analysis/peers.ts';

/** What is measured of one contender in one round. Throws where the books of the round don't balance. */
export type Round = () => Promise<Measured[]>;

/** A contender that is there, and warm. */
export type Entered = { name: string; round: Round; end(): Promise<void> };

/**
 * Contenders who do the same work. Each is started when its turn comes for the first time, and stays. With
 * `practises` there is one more round before the first, which does not count: what runs for the first time is
 * not compiled yet, for some longer than for others.
 */
export type Contest = { name: string; practises: boolean; enter: readonly (() => Promise<Entered>)[] };
