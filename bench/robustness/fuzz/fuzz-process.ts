import { serveCalls } from '../../harness/child.ts';
import { type Fuzzed, fuzz } from './fuzz.ts';
import { targetOf } from './targets.ts';

/** The process that is fuzzed: what ends it, or makes it stand still, its parent sees. */
export type FuzzHandlers = {
  fuzz(order: { target: string; count: number; seed: number }): Promise<Fuzzed>;
  /** How many inputs it has got to. Whoever does not answer stands still. */
  progress(): number;
};

// Of the thousands of errors that refuse something nobody reads where they come from.
Error.stackTraceLimit = 4;

let inputs = 0;

const handlers: FuzzHandlers = {
  fuzz: ({ target, count, seed }) => {
    inputs = 0;
    return fuzz(targetOf(target), count, seed, (sofar) => {
      inputs = sofar;
    });
  },
  progress: () => inputs,
};

serveCalls(handlers);
