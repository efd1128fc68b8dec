import { randomLcg, randomNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import {
  breakEvenOf,
  type Cell,
  frameworkOverhead,
  type PollCosts,
  predictedCpu,
  predictWinners,
  score,
  splitCells,
} from './break-even.ts';
import { type Cost, fitCosts } from './costs.ts';

const about = (value: number, half: number): Cost => ({ value, low: value - half, high: value + half });

/** A poll costs as much as four pushed deliveries save over batched messages. */
const costs: PollCosts = { poll: about(24, 3), batched: about(4, 1), push: about(10, 1) };

describe('the break-even rate', () => {
  const rateAt = (intervalMs: number, of: PollCosts = costs) => {
    const found = breakEvenOf(of, intervalMs);
    return found.at === 'rate' ? found.rate : undefined;
  };

  it('is (c_poll/T) / (c_push − c_batched)', () => {
    expect(rateAt(1000)?.value).toBe(4);
    expect(rateAt(10_000)?.value).toBeCloseTo(0.4, 12);
    expect(rateAt(100)?.value).toBe(40);
  });

  it('has an interval, worked by hand', () => {
    // a = 24 ± 3 and b = 6 ± √2, independent: (144 ± √(144² − 34 · 567)) / 34.
    expect(rateAt(1000)?.low).toBeCloseTo((144 - Math.sqrt(1458)) / 34, 12);
    expect(rateAt(1000)?.high).toBeCloseTo((144 + Math.sqrt(1458)) / 34, 12);
    expect(rateAt(100)?.high).toBeCloseTo(10 * (rateAt(1000)?.high ?? 0), 9);
  });

  it('is narrower where the errors go together', () => {
    const variances = { poll: 9, batched: 1, push: 1 };
    const joint = {
      reach: 1,
      covariance: {
        poll: { poll: variances.poll, batched: 0, push: 2 },
        batched: { poll: 0, batched: variances.batched, push: 0.9 },
        push: { poll: 2, batched: 0.9, push: variances.push },
      },
    };
    const [apart, together] = [rateAt(1000), rateAt(1000, { ...costs, joint })];
    expect((together?.high ?? 0) - (together?.low ?? 0)).toBeLessThan((apart?.high ?? 0) - (apart?.low ?? 0));
  });

  it('does not exist where a pushed message clearly costs less than a batched one', () => {
    expect(breakEvenOf({ ...costs, batched: about(12, 1) }, 1000)).toMatchObject({ at: 'no rate' });
  });

  it.each([8.5, 10, 11.4])(
    'is not determined where their difference may be nothing: 10 less %f',
    (batched) => {
      const found = breakEvenOf({ ...costs, batched: about(batched, 1.2) }, 1000);
      expect(found).toMatchObject({ at: 'not determined', saved: { value: 10 - batched } });
    },
  );

  it('is where the predicted costs meet', () => {
    const { poll, push } = predictedCpu(costs, rateAt(700)?.value ?? 0, 700);
    expect(poll.value).toBeCloseTo(push.value, 12);
  });
});

describe('a framework’s overhead', () => {
  it('has the errors of both fits', () => {
    expect(frameworkOverhead(about(190, 30), about(55, 40))).toEqual({ value: 135, low: 85, high: 185 });
  });
});

describe('predicted CPU', () => {
  it('is what a client costs in a second, in milliseconds', () => {
    // Two polls of 24 µs and five messages: of 4 µs in batches, of 10 µs pushed.
    const { poll, push } = predictedCpu(costs, 5, 500);
    expect(poll.value).toBeCloseTo(0.068, 12);
    expect(poll.low).toBeCloseTo((2 * 21 + 5 * 3) / 1000, 12);
    expect(poll.high).toBeCloseTo((2 * 27 + 5 * 5) / 1000, 12);
    expect(push.value).toBeCloseTo(0.05, 12);
    expect(push.low).toBeCloseTo(0.045, 12);
    expect(push.high).toBeCloseTo(0.055, 12);
  });

  it('leaves out what both transports pay', () => {
    expect(predictedCpu({ ...costs, base: about(100, 10) }, 5, 500)).toEqual(predictedCpu(costs, 5, 500));
  });
});

describe('predicted winners', () => {
  const cell = (ratePerSecond: number, pollCpu: number, pushCpu: number): Cell => ({
    ratePerSecond,
    intervalMs: 1000,
    pollCpu,
    pushCpu,
  });
  const predictions = predictWinners(
    [cell(0.5, 0.026, 0.005), cell(4, 0.04, 0.041), cell(100, 0.42, 1), cell(200, 3, 2)],
    costs,
  );

  it('are push below the break-even, polling above it, and nobody at it', () => {
    expect(predictions.map(({ predicted }) => predicted)).toEqual([
      'push',
      'too close',
      'short-poll',
      'short-poll',
    ]);
  });

  it('stand beside the measured ones', () => {
    expect(predictions.map(({ measured }) => measured)).toEqual(['push', 'short-poll', 'short-poll', 'push']);
    expect(predictWinners([cell(1, 0.1, 0.1)], costs)[0]?.measured).toBe('push');
  });

  it('are scored where one was named', () => {
    expect(score(predictions)).toEqual({ right: 2, of: 3, tooClose: 1 });
    expect(score([])).toEqual({ right: 0, of: 0, tooClose: 0 });
  });
});

/** Every rate with every interval, with CPU that errs by `error` of itself. */
function measuredGrid(rates: readonly number[], intervals: readonly number[], error: () => number): Cell[] {
  return rates.flatMap((ratePerSecond) =>
    intervals.map((intervalMs) => {
      const { poll, push } = predictedCpu(costs, ratePerSecond, intervalMs);
      return {
        ratePerSecond,
        intervalMs,
        pollCpu: poll.value * (1 + error()),
        pushCpu: push.value * (1 + error()),
      };
    }),
  );
}

describe('the halves of a grid', () => {
  const rates = [10, 1, 100];
  const intervals = [500, 100, 2000];
  const cells = measuredGrid(rates, intervals, () => 0);
  const [one, other] = splitCells(cells);

  it('are a checkerboard over sorted rates and intervals', () => {
    expect(other.map(({ ratePerSecond, intervalMs }) => [ratePerSecond, intervalMs])).toEqual([
      [10, 100],
      [10, 2000],
      [1, 500],
      [100, 500],
    ]);
    expect(new Set([...one, ...other])).toEqual(new Set(cells));
    expect(one.length + other.length).toBe(cells.length);
  });

  it('each hold every rate and every interval', () => {
    for (const half of [one, other]) {
      expect(new Set(half.map(({ ratePerSecond }) => ratePerSecond))).toEqual(new Set(rates));
      expect(new Set(half.map(({ intervalMs }) => intervalMs))).toEqual(new Set(intervals));
    }
  });

  it('keep the repeats of a cell together', () => {
    const [again, rest] = splitCells([...cells, ...cells]);
    expect(again).toEqual([...one, ...one]);
    expect(rest).toEqual([...other, ...other]);
  });
});

it('predicts one half of a noisy grid from costs that were fitted to the other', () => {
  const noise = randomNormal.source(randomLcg(23))(0, 0.05);
  const cells = measuredGrid([0.2, 1, 5, 20, 100], [100, 300, 1000, 3000, 10_000], noise);
  const [known, unknown] = splitCells(cells);
  const polls = fitCosts(
    known.map(({ ratePerSecond, intervalMs, pollCpu }) => ({
      y: pollCpu * 1000,
      x: { poll: 1000 / intervalMs, batched: ratePerSecond },
      weight: 1 / predictedCpu(costs, ratePerSecond, intervalMs).poll.value ** 2,
    })),
    ['poll', 'batched'],
    { intercept: false },
  );
  const pushes = fitCosts(
    known.map(({ ratePerSecond, pushCpu }) => ({
      y: pushCpu * 1000,
      x: { push: ratePerSecond },
      weight: 1 / ratePerSecond ** 2,
    })),
    ['push'],
    { intercept: false },
  );
  const fitted = { ...polls.costs, ...pushes.costs };
  for (const name of ['poll', 'batched', 'push'] as const) {
    expect(fitted[name].value / costs[name].value).toBeGreaterThan(0.9);
    expect(fitted[name].value / costs[name].value).toBeLessThan(1.1);
  }
  const { right, of, tooClose } = score(predictWinners(unknown, fitted));
  expect(right).toBe(of);
  expect(of + tooClose).toBe(unknown.length);
  expect(tooClose).toBeLessThanOrEqual(2);
});
