import type { Measured } from '../analysis/peers.ts';

/** What is measured of one contender in one round. Throws where the books of the round don't balance. */
export type Round = () => Promise<Measured[]>;

/** A contender that is there, and warm. */
export type Entered = { name: string; round: Round; end(): Promise<void> };

/** Contenders who do the same work. Each is started when its turn comes for the first time, and stays. */
export type Contest = { name: string; enter: readonly (() => Promise<Entered>)[] };
