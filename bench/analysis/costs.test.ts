import { randomLcg, randomNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { type Cost, type CostRow, fitCosts } from './costs.ts';
import { meanInterval, tQuantile } from './interval.ts';

const standardError = ({ high, low }: Cost, degreesOfFreedom: number) =>
  (high - low) / 2 / tQuantile(0.95, degreesOfFreedom);

/**
 * Employment in the United States 1947 to 1962: NIST Statistical Reference Datasets, "Longley", with its
 * certified values (https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml). Nearly collinear, and
 * the classic trap for software that inverts XᵀX.
 */
const longleyNames = ['deflator', 'gnp', 'unemployed', 'armedForces', 'population', 'year'] as const;
const longley = [
  [60323, 83, 234289, 2356, 1590, 107608, 1947],
  [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
  [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
  [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
  [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
  [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
  [64989, 99, 365385, 1870, 3547, 115094, 1953],
  [63761, 100, 363112, 3578, 3350, 116219, 1954],
  [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
  [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
  [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
  [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
  [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
  [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
  [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
  [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
].map(
  ([y = 0, ...x]): CostRow => ({
    y,
    x: Object.fromEntries(longleyNames.map((name, i) => [name, x[i] ?? 0])),
  }),
);

describe('least squares', () => {
  it('gives the certified values of NIST for the Longley data', () => {
    const fit = fitCosts(longley, longleyNames);
    const certified = {
      deflator: [15.0618722713733, 84.9149257747669],
      gnp: [-0.035819179292591, 0.0334910077722432],
      unemployed: [-2.02022980381683, 0.488399681651699],
      armedForces: [-1.03322686717359, 0.214274163161675],
      population: [-0.0511041056535807, 0.22607320006937],
      year: [1829.15146461355, 455.478499142212],
    };
    for (const name of longleyNames) {
      const [value = 0, error = 0] = certified[name];
      expect(fit.costs[name].value / value).toBeCloseTo(1, 9);
      expect(standardError(fit.costs[name], 9) / error).toBeCloseTo(1, 9);
    }
    expect((fit.intercept?.value ?? 0) / -3482258.63459582).toBeCloseTo(1, 9);
    expect(standardError(fit.intercept as Cost, 9) / 890420.383607373).toBeCloseTo(1, 9);
    expect(fit.residualStdDev).toBeCloseTo(304.854073561965, 6);
    expect(fit.rSquared).toBeCloseTo(0.995479004577296, 9);
    expect(fit.n).toBe(16);
  });

  it('gives the same costs as the library before it, of trials as the lab has them', () => {
    const counted = [
      [9100, 20, 40, 0],
      [9700, 20, 180, 0],
      [21_800, 80, 40, 0],
      [23_100, 80, 180, 0],
      [4900, 0, 0, 40],
      [6900, 0, 0, 180],
      [13_700, 0, 0, 670],
      [92_000, 400, 670, 0],
    ] as const;
    const rows = counted.map(([y, poll, batched, push]) => ({
      y,
      x: { poll, batched, push },
      weight: 1 / y ** 2,
    }));
    const { costs, intercept, covariance } = fitCosts(rows, ['poll', 'batched', 'push']);
    // ml-regression-multivariate-linear 2.0.4, on columns of length 1.
    const expected = [
      [costs.poll, 214.74328758583118, 204.3097625138441],
      [costs.batched, 5.758103844836222, 2.1180402189268857],
      [costs.push, 13.83684662699574, 12.661283369660156],
      [intercept as Cost, 4405.6528641847935, 4167.7276948762865],
    ] as const;
    for (const [cost, value, low] of expected) {
      expect(cost.value / value).toBeCloseTo(1, 9);
      expect(cost.low / low).toBeCloseTo(1, 9);
    }
    expect(covariance.poll.batched / -3.101373033274489).toBeCloseTo(1, 9);
    expect(covariance.push.push / 0.17927256187909346).toBeCloseTo(1, 9);
  });

  it('goes through the origin without an intercept', () => {
    // NIST Statistical Reference Datasets, "NoInt2"; by hand: Σxy/Σx² = 56/77, Σr² = 41 − 56²/77.
    const rows = [
      { y: 3, x: { x: 4 } },
      { y: 4, x: { x: 5 } },
      { y: 4, x: { x: 6 } },
    ];
    const fit = fitCosts(rows, ['x'], { intercept: false });
    expect(fit.costs.x.value).toBeCloseTo(0.727272727272727, 12);
    expect(standardError(fit.costs.x, 2)).toBeCloseTo(0.0420827318078432, 12);
    expect(fit.residualStdDev).toBeCloseTo(0.369274472937998, 12);
    expect(fit.rSquared).toBeCloseTo(0.993348115299335, 12);
    expect(fit.intercept).toBeUndefined();
  });

  it('finds exact costs exactly', () => {
    const rows = [1, 2, 3, 4].map((polls) => ({ y: 7 + 22 * polls, x: { polls } }));
    const fit = fitCosts(rows, ['polls']);
    expect(fit.costs.polls.value).toBeCloseTo(22, 9);
    expect(fit.costs.polls.high - fit.costs.polls.low).toBeCloseTo(0, 9);
    expect(fit.intercept?.value).toBeCloseTo(7, 9);
    expect(fit.rSquared).toBeCloseTo(1, 12);
  });

  it('widens its intervals with the confidence', () => {
    const width = (confidence: number) => {
      const { low, high } = fitCosts(longley, longleyNames, { confidence }).costs.year;
      return high - low;
    };
    expect(width(0.99) / width(0.95)).toBeCloseTo(tQuantile(0.99, 9) / tQuantile(0.95, 9), 9);
  });
});

describe('weights', () => {
  it('of 1/x² make the cost the mean of the ratios, with the interval of that mean', () => {
    const runs = [
      { polls: 10, cpu: 250 },
      { polls: 100, cpu: 2100 },
      { polls: 1000, cpu: 23_000 },
      { polls: 5000, cpu: 104_000 },
    ];
    const rows = runs.map(({ polls, cpu }) => ({ y: cpu, x: { polls }, weight: 1 / polls ** 2 }));
    const { polls } = fitCosts(rows, ['polls'], { intercept: false }).costs;
    const ratios = meanInterval(runs.map((run) => run.cpu / run.polls));
    expect(polls.value).toBeCloseTo(ratios?.mean ?? 0, 9);
    expect(polls.low).toBeCloseTo(ratios?.low ?? 0, 9);
    expect(polls.high).toBeCloseTo(ratios?.high ?? 0, 9);
  });

  it('of 2 count a row twice, the intercept too', () => {
    const once = longley.map((row, i) => ({ ...row, weight: i < 4 ? 2 : 1 }));
    const twice = [...longley, ...longley.slice(0, 4)];
    const weighted = fitCosts(once, ['gnp', 'unemployed']);
    const repeated = fitCosts(twice, ['gnp', 'unemployed']);
    expect(weighted.costs.gnp.value).toBeCloseTo(repeated.costs.gnp.value, 9);
    expect((weighted.intercept?.value ?? 0) / (repeated.intercept?.value ?? 1)).toBeCloseTo(1, 9);
    expect(weighted.rSquared).toBeCloseTo(repeated.rSquared, 9);
  });
});

describe('costs with noise', () => {
  const truth = { poll: 22, batched: 3, base: 40 };
  const grid = [0.5, 1, 2, 5, 10, 20, 50].flatMap((rate) =>
    [1, 2, 5, 10, 20].map((polls) => ({ polls, rate })),
  );
  const noise = randomNormal.source(randomLcg(7))(0, 0.05);

  /** A grid of trials whose CPU errs by 5 % of itself. */
  function trials(): CostRow[] {
    return grid.map(({ polls, rate }) => {
      const cpu = truth.base + truth.poll * polls + truth.batched * rate;
      return { y: cpu * (1 + noise()), x: { poll: polls, batched: rate }, weight: 1 / cpu ** 2 };
    });
  }

  it('are recovered, and their intervals cover the truth as often as they say', () => {
    const fits = Array.from({ length: 300 }, () => fitCosts(trials(), ['poll', 'batched']));
    for (const name of ['poll', 'batched'] as const) {
      const covering = fits.filter(
        ({ costs }) => costs[name].low <= truth[name] && truth[name] <= costs[name].high,
      );
      expect(covering.length / 300).toBeGreaterThanOrEqual(0.92);
      expect(covering.length / 300).toBeLessThanOrEqual(0.98);
      const values = meanInterval(fits.map(({ costs }) => costs[name].value));
      expect((values?.mean ?? 0) / truth[name]).toBeCloseTo(1, 2);
    }
    const deviations = meanInterval(fits.map(({ residualStdDev }) => residualStdDev));
    expect(deviations?.mean).toBeCloseTo(0.05, 2);
  });

  it('have errors that go together as the interval of their sum says', () => {
    const rows = trials();
    const { covariance, degreesOfFreedom } = fitCosts(rows, ['poll', 'batched']);
    // The same data in other columns: what both costs come to together is one cost now.
    const { costs } = fitCosts(
      rows.map(({ y, x: { poll = 0, batched = 0 }, weight }) => ({
        y,
        weight,
        x: { both: poll, rest: batched - poll },
      })),
      ['both', 'rest'],
    );
    const variance = covariance.poll.poll + covariance.batched.batched + 2 * covariance.poll.batched;
    expect(degreesOfFreedom).toBe(rows.length - 3);
    expect(standardError(costs.both, degreesOfFreedom) ** 2 / variance).toBeCloseTo(1, 6);
    expect(covariance.poll.batched / covariance.batched.poll).toBeCloseTo(1, 9);
  });

  it('are known better with weights than without', () => {
    const width = (rows: readonly CostRow[]) => {
      const { low, high } = fitCosts(rows, ['poll', 'batched']).costs.batched;
      return high - low;
    };
    const rows = trials();
    expect(width(rows)).toBeLessThan(width(rows.map(({ y, x }) => ({ y, x }))));
  });
});

describe('data that can not tell', () => {
  const rows = [1, 2, 3, 4].map((polls) => ({
    y: polls,
    x: { polls, twice: 2 * polls, never: 0, always: 3 },
  }));

  it('is refused with as many rows as coefficients', () => {
    expect(() => fitCosts(rows.slice(0, 2), ['polls'])).toThrow(
      'too few rows for 2 coefficients: expected at least 3',
    );
    expect(() => fitCosts(rows, [], { intercept: false })).toThrow('names is empty');
  });

  it('is refused where a column follows from others', () => {
    expect(() => fitCosts(rows, ['polls', 'twice'])).toThrow(
      'collinear: twice follows from (intercept), polls',
    );
    expect(() => fitCosts(rows, ['always'])).toThrow('collinear: always follows from (intercept)');
    expect(() => fitCosts(rows, ['always'], { intercept: false })).not.toThrow();
  });

  it('is refused where a column is zero throughout', () => {
    expect(() => fitCosts(rows, ['never'])).toThrow('x.never is 0 in every row');
  });

  it('is refused where a number is missing or a weight is not positive', () => {
    const first = { y: 1, x: { polls: 1 } };
    const rest = rows.slice(1);
    expect(() => fitCosts(rows, ['requests'])).toThrow('invalid x.requests of row 0, undefined');
    expect(() => fitCosts([...rest, { ...first, y: Number.NaN }], ['polls'])).toThrow(
      'invalid y of row 3, NaN',
    );
    expect(() => fitCosts([{ ...first, weight: 0 }, ...rest], ['polls'])).toThrow(
      'invalid weight of row 0, 0',
    );
  });
});
