import { serveCalls } from '../../harness/child.ts';
import { type Fuzzed, fuzz } from './fuzz.ts';
import { targetOf } from './targets.ts';

/** The process that hosts a target: its parent sees when an input ends or blocks it. */
export type FuzzHandlers = {
  fuzz(order: { target: string; count: number; seed: number }): Promise<Fuzzed>;
  /** Number of inputs so far. */
  progress(): number;
};

// Refusals are errors, thousands of them, and long stack traces take time.
Error.stackTraceLimit = 4;

let inputs = 0;

const handlers: FuzzHandlers = {
  fuzz: ({ target, count, seed }) => {
    inputs = 0;
    return fuzz(targetOf(target), count, seed, (sent) => {
      inputs = sent;
    });
  },
  progress: () => inputs,
};

serveCalls(handlers);
