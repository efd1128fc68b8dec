/**
 * When does a short poll cost the server less CPU than push?
 *
 * Push pays for every message by itself. A poll pays for asking, T apart, and then little for each of the
 * messages that wait for it in one batch. Per client and second:
 *
 *     push   λ · c_push
 *     poll   c_poll / T + λ · c_batched
 *
 * They meet at λ* = (c_poll/T) / (c_push − c_batched). Above it the batch has paid for the asking. The
 * costs depend on the load they were measured at: they predict cells of the same grid, not another load.
 */
import type { Cost } from './costs.ts';
import { ratioByFieller, varianceOf } from './interval.ts';

/** One rate and one interval, with the server's CPU that both transports took there. */
export type Cell = {
  ratePerSecond: number;
  intervalMs: number;
  /** Milliseconds of server CPU per second and client. */
  pollCpu: number;
  pushCpu: number;
};

/** Server CPU in microseconds, with intervals. */
export type PollCosts = {
  /** Per poll, whether or not it finds anything. */
  poll: Cost;
  /** Per message in a poll's answer. */
  batched: Cost;
  /** Per pushed delivery. */
  push: Cost;
  /** Per second and client whatever happens. Both transports pay it, so no comparison here contains it. */
  base?: Cost;
  /** How the errors of the costs go together. Default: not at all, each as wide as its interval says. */
  joint?: Joint;
};

type Name = 'poll' | 'batched' | 'push';

/** Covariances of the errors, and how many standard errors an interval reaches to either side. */
export type Joint = { covariance: Record<Name, Record<Name, number>>; reach: number };

/**
 * Where a short poll becomes cheaper than push. `at`: above a rate in messages per second, with its interval;
 * never, as a pushed message clearly costs less than one in a poll's answer; or not determined, as their
 * difference, in microseconds, may be nothing.
 */
export type BreakEven =
  | { at: 'rate'; rate: Cost }
  | { at: 'no rate'; saved: Cost }
  | { at: 'not determined'; saved: Cost };

export type Prediction = {
  cell: Cell;
  predicted: 'push' | 'short-poll' | 'too close';
  measured: 'push' | 'short-poll';
};

/**
 * The rate λ* above which a short poll every `intervalMs` costs less than push. The interval is Fieller's, since
 * both ends of the fraction were fitted.
 */
export function breakEvenOf(costs: PollCosts, intervalMs: number): BreakEven {
  const { covariance: of, reach } = costs.joint ?? independent(costs);
  const pollsPerSecond = 1000 / intervalMs;
  const [a, b] = [pollsPerSecond * costs.poll.value, costs.push.value - costs.batched.value];
  const varianceB = of.push.push + of.batched.batched - 2 * of.push.batched;
  const half = reach * Math.sqrt(Math.max(0, varianceB));
  const saved = { value: b, low: b - half, high: b + half };
  if (saved.high < 0) return { at: 'no rate', saved };
  const interval = ratioByFieller({
    a,
    b,
    varianceA: pollsPerSecond ** 2 * of.poll.poll,
    varianceB,
    covariance: pollsPerSecond * (of.poll.push - of.poll.batched),
    reach,
  });
  return interval ? { at: 'rate', rate: { value: a / b, ...interval } } : { at: 'not determined', saved };
}

function independent({ poll, batched, push }: PollCosts): Joint {
  return {
    reach: 1,
    covariance: {
      poll: { poll: varianceOf(poll), batched: 0, push: 0 },
      batched: { poll: 0, batched: varianceOf(batched), push: 0 },
      push: { poll: 0, batched: 0, push: varianceOf(push) },
    },
  };
}

/** What a framework adds to a poll: the two fits share only the pushed trials, so their errors count as independent. */
export function frameworkOverhead(express: Cost, bare: Cost): Cost {
  const value = express.value - bare.value;
  const half = Math.hypot(express.high - express.value, bare.high - bare.value);
  return { value, low: value - half, high: value + half };
}

/**
 * Server CPU of both transports in milliseconds per second and client, without `base`. The ends of an
 * interval take the same end of each cost. That errs towards "too close", for the costs are seldom wrong
 * together: a fit that finds a poll too dear tends to find its batch too cheap.
 */
export function predictedCpu(
  { poll, batched, push }: PollCosts,
  ratePerSecond: number,
  intervalMs: number,
): { poll: Cost; push: Cost } {
  const pollsPerSecond = 1000 / intervalMs;
  return {
    poll: atEachEnd((end) => (pollsPerSecond * poll[end] + ratePerSecond * batched[end]) / 1000),
    push: atEachEnd((end) => (ratePerSecond * push[end]) / 1000),
  };
}

/**
 * Who should cost less in each cell, beside who did. "too close" where the predicted intervals overlap:
 * there the costs are not known well enough to say. A measured tie goes to push.
 */
export function predictWinners(cells: readonly Cell[], costs: PollCosts): Prediction[] {
  return cells.map((cell) => {
    const { poll, push } = predictedCpu(costs, cell.ratePerSecond, cell.intervalMs);
    const overlap = poll.low <= push.high && push.low <= poll.high;
    return {
      cell,
      predicted: overlap ? 'too close' : cheaper(poll.value, push.value),
      measured: cheaper(cell.pollCpu, cell.pushCpu),
    };
  });
}

/** How many predictions were right, of those that named a winner; `tooClose` counts those that didn't. */
export function score(predictions: readonly Prediction[]): { right: number; of: number; tooClose: number } {
  const named = predictions.filter(({ predicted }) => predicted !== 'too close');
  const right = named.filter(({ predicted, measured }) => predicted === measured).length;
  return { right, of: named.length, tooClose: predictions.length - named.length };
}

/**
 * Two halves of a grid, one to fit the costs on and one to predict. A checkerboard over the sorted rates
 * and intervals: of a full grid (two or more of both) each half holds every rate and every interval, so
 * that neither has to extrapolate. Repeats of one cell stay together, so that no prediction has seen its
 * own cell.
 */
export function splitCells<Position extends Pick<Cell, 'ratePerSecond' | 'intervalMs'>>(
  cells: readonly Position[],
): [Position[], Position[]] {
  const rates = distinct(cells.map(({ ratePerSecond }) => ratePerSecond));
  const intervals = distinct(cells.map(({ intervalMs }) => intervalMs));
  const isBlack = ({ ratePerSecond, intervalMs }: Position): boolean =>
    (rates.indexOf(ratePerSecond) + intervals.indexOf(intervalMs)) % 2 === 0;
  return [cells.filter(isBlack), cells.filter((cell) => !isBlack(cell))];
}

function cheaper(pollCpu: number, pushCpu: number): 'push' | 'short-poll' {
  return pollCpu < pushCpu ? 'short-poll' : 'push';
}

function atEachEnd(of: (end: keyof Cost) => number): Cost {
  return { value: of('value'), low: of('low'), high: of('high') };
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
