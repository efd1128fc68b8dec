import type { Trial } from '../result.ts';
import type { Cell, Joint, PollCosts } from './break-even.ts';
import { type Cost, type CostRow, fitCosts } from './costs.ts';
import { tQuantile } from './interval.ts';

/** What polls and pushed messages cost the server, fitted to trials. Microseconds of CPU each; `n` counts the trials. */
export type CpuCosts = PollCosts & { base: Cost; joint: Joint; n: number };

type Framework = 'express' | 'http';

/**
 * The cells of the grid in which push and a short poll were both measured, one per run: same repeat, same
 * rate, same number of clients. CPU is per second and client, what every server pays at rest included.
 */
export function cellsOf(trials: readonly Trial[], framework: Framework): Cell[] {
  const pushes = trials.filter(isPlainPush);
  return trials
    .filter((trial) => isPoll(trial, framework))
    .flatMap((poll) => {
      const push = pushes.find(
        ({ repeat, parameters }) =>
          repeat === poll.repeat &&
          parameters.ratePerSecond === poll.parameters.ratePerSecond &&
          parameters.clients === poll.parameters.clients,
      );
      if (!push) return [];
      return [
        {
          ratePerSecond: poll.parameters.ratePerSecond,
          intervalMs: poll.parameters.intervalMs ?? 0,
          pollCpu: cpuPerSecondAndClient(poll),
          pushCpu: cpuPerSecondAndClient(push),
        },
      ];
    });
}

/**
 * Fits what a poll, a message in a poll's answer and a pushed delivery cost, with one base for all: the
 * server's own life, which every trial pays. Rows count in inverse proportion to what a first fit expects
 * of them, since CPU time errs by a share of itself. `undefined` where there are too few trials.
 */
export function fitCpuCosts(trials: readonly Trial[], framework: Framework): CpuCosts | undefined {
  const rows = costTrials(trials, framework).map(rowOf);
  const names = ['poll', 'batched', 'push'] as const;
  // Four unknowns, and at least one row to say how well they fit.
  if (rows.length < names.length + 2) return undefined;
  try {
    const first = fitCosts(rows, names);
    const expected = ({ x }: CostRow) =>
      Math.max(
        minimumUs,
        (first.intercept?.value ?? 0) +
          names.reduce((sum, name) => sum + first.costs[name].value * (x[name] ?? 0), 0),
      );
    const fit = fitCosts(
      rows.map((row) => ({ ...row, weight: 1 / expected(row) ** 2 })),
      names,
    );
    const joint = { covariance: fit.covariance, reach: tQuantile(0.95, fit.degreesOfFreedom) };
    return { ...fit.costs, base: fit.intercept as Cost, joint, n: fit.n };
  } catch {
    // Columns that nothing tells apart: a grid of one cell.
    return undefined;
  }
}

/** The trials that costs are fitted to. */
export function costTrials(trials: readonly Trial[], framework: Framework): Trial[] {
  return trials.filter((trial) => isPlainPush(trial) || isPoll(trial, framework));
}

/** Below this a second of the server's CPU is noise: no row may count for more than one that cost so much. */
const minimumUs = 1000;

/** Per second of the window: microseconds of CPU, and how often each thing was done. */
function rowOf(trial: Trial): CostRow {
  const perSecond = 1000 / trial.durationMs;
  const polls = trial.transport === 'short-poll';
  const messages = trial.appended * trial.clients.count * perSecond;
  return {
    y: trial.server.cpuMs * 1000 * perSecond,
    x: {
      poll: polls ? trial.requests.total * perSecond : 0,
      batched: polls ? messages : 0,
      push: polls ? 0 : messages,
    },
  };
}

function isPlainPush({ transport, parameters }: Trial): boolean {
  return transport === 'push' && parameters.schedule !== 'burst';
}

function isPoll({ transport, parameters }: Trial, framework: Framework): boolean {
  return transport === 'short-poll' && parameters.framework === framework;
}

function cpuPerSecondAndClient({ server, durationMs, clients }: Trial): number {
  return (server.cpuMs * 1000) / durationMs / clients.count;
}
