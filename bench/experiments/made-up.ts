import { emptyBooks } from '../analysis/books.ts';
import { judge } from '../analysis/findings.ts';
import type { Evidence, Experiment } from '../experiment.ts';
import type { Trial } from '../result.ts';

/** Made-up trials for the tests of the verdicts' rules. */
let trials = 0;

/** What of a trial a test may name; the rest is that of an ordinary one. */
export type Change = Omit<Partial<Trial>, 'server' | 'clients' | 'parameters'> & {
  server?: Partial<Trial['server']>;
  clients?: Partial<Trial['clients']>;
  parameters?: Partial<Trial['parameters']>;
};

/** A trial that went well, but for what the test says. */
export function trial(change: Change): Trial {
  trials += 1;
  return {
    id: `trial-${trials}`,
    experiment: 'test',
    transport: 'push',
    contract: 'every',
    together: `trial-${trials}`,
    repeat: 1,
    status: 'ok',
    messages: { ...emptyBooks(), expected: 100, delivered: 100 },
    requests: { total: 0, empty: 0, missedSlots: 0 },
    bytes: { toClients: 0, toServer: 0 },
    durationMs: 1000,
    appended: 5,
    warnings: [],
    ...change,
    clients: { count: 20, cpuMs: 0, eventLoopDelayP99Ms: 0, ...change.clients },
    parameters: {
      clients: 20,
      ratePerSecond: 20,
      schedule: 'poisson',
      payloadBytes: 58,
      ...change.parameters,
    },
    delayMs: change.delayMs ?? delay(1),
    server: { cpuMs: 10, rssBytes: 1, eventLoopDelayP99Ms: 0, ...change.server },
  };
}

/** A delay by its percentiles. */
export function delay(p50: number, p99 = p50, mean = p50): Trial['delayMs'] {
  return { count: 100, mean, p50, p90: p99, p99, max: p99 };
}

/** Evidence of trials alone. */
export function evidence(trials: Trial[], more: Partial<Evidence> = {}): Evidence {
  return { trials, capacities: [], probes: [], ...more };
}

/** What an experiment's rule says of trials. */
export function verdictOf(experiment: Experiment, trials: Trial[], more: Partial<Evidence> = {}) {
  return judge(experiment, evidence(trials, more)).verdict;
}
