import { randomLcg, randomLogNormal, randomPoisson } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { type Change, delay, trial } from '../experiments/made-up.ts';
import { type Finding, type Result, schemaVersion, type Trial } from '../result.ts';
import { type Comparison, compareResults, differenceWords, whyNoInterval } from './comparison.ts';

/** A result with these trials, and otherwise like any other of its machine. */
function resultOf(
  trials: Trial[],
  change: {
    lab?: Partial<Result['lab']>;
    environment?: Partial<Result['environment']>;
    findings?: Finding[];
  } = {},
): Result {
  results += 1;
  return {
    schemaVersion,
    lab: {
      version: '1.0.0',
      profile: 'full',
      seed: 45,
      command: 'npm run lab',
      startedAt: `2026-11-24T10:00:${String(results % 60).padStart(2, '0')}Z`,
      durationMs: 1000 + results,
      status: 'complete',
      ...change.lab,
    },
    environment: {
      node: '20.19.0',
      os: 'linux 6.1',
      cpu: 'A processor',
      cores: 4,
      memoryBytes: 8 * 1024 ** 3,
      commit: 'abc1234',
      warnings: [],
      ...change.environment,
    },
    experiments: [],
    trials,
    capacities: [],
    probes: [],
    fits: [],
    pairs: [],
    figures: [],
    findings: change.findings ?? [],
    checks: [],
  };
}

let results = 0;

/** One condition, run by run. */
const runs = (mediansMs: readonly number[], change: Change = {}) =>
  mediansMs.map((ms, index) => trial({ delayMs: delay(ms), repeat: index + 1, ...change }));

const p50 = ({ rows }: Comparison) => rows.find(({ quantity }) => quantity.name === 'latency p50');
const names = ({ rows }: Comparison) => rows.map(({ quantity }) => quantity.name);

describe('a row', () => {
  it('is a difference where the runs lie far apart for their scatter, and its interval holds the truth', () => {
    const row = p50(
      compareResults(
        resultOf(runs([10, 10.2, 9.9, 10.1, 9.8])),
        resultOf(runs([20.1, 19.8, 20.3, 19.9, 20.2])),
      ),
    );
    expect(row).toMatchObject({ difference: 'higher', a: { runs: 5 }, b: { runs: 5 } });
    expect(row && differenceWords(row)).toBe('higher in B');
    expect(row?.ratio).toBeCloseTo(2, 1);
    expect(row?.interval?.low).toBeLessThan(2);
    expect(row?.interval?.high).toBeGreaterThan(2);
    expect(row?.strict?.low).toBeLessThan(row?.interval?.low ?? 0);
  });

  it('is lower where it is lower', () => {
    const row = p50(compareResults(resultOf(runs([20, 20.1, 19.9])), resultOf(runs([1, 1.01, 0.99]))));
    expect(row && differenceWords(row)).toBe('lower in B');
  });

  it('is never a difference between equal data', () => {
    for (const data of [[5], [5, 5], [1, 9, 4], [3, 3, 3, 3]]) {
      const { rows } = compareResults(resultOf(runs(data)), resultOf(runs(data)));
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(differenceWords(row)).toBe('no clear difference');
    }
  });

  it('is never a difference with one run on a side, and says why', () => {
    const rows = [
      p50(compareResults(resultOf(runs([1])), resultOf(runs([900, 900, 900])))),
      p50(compareResults(resultOf(runs([1, 1, 1])), resultOf(runs([900])))),
    ];
    for (const row of rows) {
      expect(row).toMatchObject({ interval: undefined, difference: 'no clear difference' });
      expect(row && whyNoInterval(row)).toBe('1 run: no interval');
    }
    expect(rows[0]?.ratio).toBeCloseTo(900);
  });

  it('has no ratio where a run measured 0', () => {
    const asked = (totals: readonly number[]) =>
      totals.map((total, index) =>
        trial({ repeat: index + 1, requests: { total, empty: 0, missedSlots: 0 } }),
      );
    const { rows } = compareResults(resultOf(asked([0, 0])), resultOf(asked([50, 60])));
    const row = rows.find(({ quantity }) => quantity.name === 'requests per message');
    expect(row).toMatchObject({ difference: 'no clear difference', a: { value: 0 } });
    expect(row?.ratio).toBeUndefined();
    expect(row && whyNoInterval(row)).toBe('a run measured 0: no ratio');
  });

  it('does not take few requests that agree by chance for a certainty', () => {
    const asked = (total: number) =>
      [1, 2].map((repeat) => trial({ repeat, requests: { total, empty: 0, missedSlots: 0 } }));
    const differences = ([few, more]: [number, number]) =>
      compareResults(resultOf(asked(few)), resultOf(asked(more)))
        .rows.filter(({ quantity }) => quantity.name === 'requests per message')
        .map(({ difference }) => difference);
    expect(differences([3, 4])).toEqual(['no clear difference']);
    expect(differences([30_000, 40_000])).toEqual(['higher']);
  });
});

describe('what is compared', () => {
  it('is the same condition: parameters, contract, and whoever runs beside it', () => {
    const one = trial({});
    const differing: Change[] = [
      { parameters: { clients: 21 } },
      { parameters: { framework: 'http' } },
      { contract: 'latest' },
      { transport: 'sse' },
      { experiment: 'another' },
    ];
    for (const change of differing) {
      const comparison = compareResults(resultOf([one]), resultOf([trial(change)]));
      expect(comparison.rows).toEqual([]);
      expect(comparison).toMatchObject({ onlyInA: [{ transport: 'push' }], onlyInB: [{}] });
    }
    const together = [trial({ together: 'both' }), trial({ together: 'both', transport: 'sse' })];
    expect(compareResults(resultOf([one]), resultOf(together)).rows).toEqual([]);
    const three = [...together, trial({ together: 'both', transport: 'notify' })];
    expect(compareResults(resultOf(together), resultOf(three)).rows).toEqual([]);
  });

  it('does not depend on the order of parameters', () => {
    const one = trial({ parameters: { holdMs: 1, oneWayMs: 2 } });
    const other = trial({});
    other.parameters = { oneWayMs: 2, holdMs: 1, ...other.parameters };
    expect(compareResults(resultOf([one]), resultOf([other])).rows.length).toBeGreaterThan(0);
  });

  it('leaves out trials that may not be evidence, and says how many', () => {
    const failed = trial({ status: 'failed', delayMs: delay(500) });
    const saturated = trial({ warnings: [{ code: 'fleet-saturated', text: '' }], delayMs: delay(500) });
    const comparison = compareResults(resultOf([...runs([1]), failed, saturated]), resultOf(runs([1])));
    expect(p50(comparison)).toMatchObject({ a: { runs: 1, value: 1 } });
    expect(comparison.warnings).toEqual([
      { about: 'left out', text: expect.stringContaining('2 of the 3 trials of A') },
    ]);
  });

  it('is a server’s CPU and memory only where one transport had it to itself', () => {
    const alone = trial({ server: { memoryPerClientBytes: 5000 } });
    expect(names(compareResults(resultOf([alone]), resultOf([alone])))).toEqual([
      'latency p50',
      'latency p99',
      'mean latency',
      'server CPU per message',
      'heap and buffers per client (plaintext)',
    ]);
    const beside = [trial({ together: 'both' }), trial({ together: 'both', transport: 'sse' })];
    expect(new Set(names(compareResults(resultOf(beside), resultOf(beside))))).toEqual(
      new Set(['latency p50', 'latency p99', 'mean latency']),
    );
  });

  it('is no p99 of fewer than a hundred delays: that is only the largest', () => {
    const few = trial({ delayMs: { ...delay(1), count: 99 } });
    expect(names(compareResults(resultOf([few]), resultOf([few])))).not.toContain('latency p99');
  });

  it('is nothing per message where windows were of other lengths, which it says', () => {
    const change: Change = { requests: { total: 10, empty: 0, missedSlots: 0 } };
    const [short, long] = [trial({ ...change, durationMs: 1000 }), trial({ ...change, durationMs: 1500 })];
    const other = compareResults(resultOf([short]), resultOf([long]));
    expect(names(other)).toEqual(['latency p50', 'latency p99', 'mean latency']);
    expect(other.otherWindow).toHaveLength(1);
    const late = trial({ ...change, durationMs: 1010 });
    const same = compareResults(resultOf([short]), resultOf([late]));
    expect(names(same)).toContain('requests per message');
    expect(same.otherWindow).toEqual([]);
  });
});

describe('two samples of one distribution', () => {
  /** 8 conditions of 4 runs whose delays share their luck, as those of real runs do; skewed, with counts. */
  function sample(draw: { noise: () => number; count: () => number }): Result {
    const trials = Array.from({ length: 8 }, (_, clients) =>
      Array.from({ length: 4 }, (_, index) => {
        const luck = 5 * draw.noise();
        return trial({
          parameters: { clients },
          repeat: index + 1,
          delayMs: delay(luck, 3 * luck * draw.noise(), 1.1 * luck),
          server: { cpuMs: 20 * draw.noise() },
          requests: { total: draw.count(), empty: 0, missedSlots: 0 },
          bytes: { toClients: 100 * draw.count(), toServer: 0 },
        });
      }),
    );
    return resultOf(trials.flat());
  }

  const comparisons = 200;

  it.each([
    ['scatter as delays do', 0.5, 1, 400],
    ['are disturbed now and then', 0.1, 5, 400],
    ['count next to nothing', 0.2, 1, 3],
  ])(
    'are called different in at most one comparison of twenty, when they %s',
    (_, deviation, worst, expected) => {
      const source = randomLcg(2026);
      const counts = randomPoisson.source(source)(expected);
      const usual = randomLogNormal.source(source)(0, deviation);
      const draw = {
        noise: () => usual() * (source() < 0.1 ? worst : 1),
        count: () => Math.max(1, counts()),
      };
      let alarms = 0;
      let loose = 0;
      let intervals = 0;
      for (let round = 0; round < comparisons; round += 1) {
        const { rows } = compareResults(sample(draw), sample(draw));
        if (rows.some(({ difference }) => difference !== 'no clear difference')) alarms += 1;
        for (const { interval } of rows)
          if (interval) {
            intervals += 1;
            if (interval.low > 1 || interval.high < 1) loose += 1;
          }
      }
      expect(alarms / comparisons).toBeLessThanOrEqual(0.05);
      // The intervals themselves miss 1 in about one row of twenty: without the stricter level most comparisons would find something.
      expect(loose / intervals).toBeGreaterThan(0.005);
      expect(loose / intervals).toBeLessThan(0.07);
    },
  );

  it('are told apart from one that is half as large again', () => {
    const source = randomLcg(7);
    const noise = randomLogNormal.source(source)(0, 0.03);
    const larger = () => 1.5 * noise();
    const { rows } = compareResults(
      sample({ noise, count: () => 100 }),
      sample({ noise: larger, count: () => 100 }),
    );
    const delays = rows.filter(({ quantity }) => quantity.name === 'latency p50');
    expect(delays.length).toBe(8);
    for (const { difference, interval } of delays) {
      expect(difference).toBe('higher');
      expect(interval?.low).toBeGreaterThan(1);
    }
    const holding = delays.filter(({ interval }) => interval && interval.low < 1.5 && interval.high > 1.5);
    expect(holding.length).toBeGreaterThanOrEqual(7);
  });
});

describe('a warning', () => {
  const warnings = (a: Parameters<typeof resultOf>[1], b: Parameters<typeof resultOf>[1]) =>
    compareResults(resultOf([], a), resultOf([], b)).warnings;

  it('is not given where nothing but the runs differs', () => {
    expect(warnings({}, {})).toEqual([]);
  });

  it.each([
    ['cpu', { cpu: 'Another' }, 'CPU A processor in A and Another in B'],
    ['cores', { cores: 8 }, 'cores 4 in A and 8 in B'],
    ['memory', { memoryBytes: 16 * 1024 ** 3 }, 'memory 8 GiB in A and 16 GiB in B'],
    ['os', { os: 'darwin 25' }, 'OS linux 6.1 in A and darwin 25 in B'],
    ['node', { node: '24.0.0' }, 'Node 20.19.0 in A and 24.0.0 in B'],
  ])('says that the machines differ in %s, and what that means', (_, environment, says) => {
    const [warning, ...others] = warnings({}, { environment });
    expect(others).toEqual([]);
    expect(warning?.about).toBe('machine');
    expect(warning?.text).toContain(says);
    expect(warning?.text).toContain('compare machines, not transports');
  });

  it('does not take a little memory for another machine', () => {
    expect(warnings({}, { environment: { memoryBytes: 8 * 1024 ** 3 - 4096 } })).toEqual([]);
  });

  it.each([
    ['profile', { lab: { profile: 'quick' } }, /full in A and quick in B/],
    ['seed', { lab: { seed: 7 } }, /45 in A and 7 in B/],
    ['version', { lab: { version: '1.1.0' } }, /1\.0\.0, commit abc1234 in A and 1\.1\.0/],
    ['version', { environment: { commit: 'fff0000' } }, /commit fff0000 in B/],
    ['interrupted', { lab: { status: 'interrupted' } }, /run of B was interrupted/],
    ['interrupted', { lab: { status: 'running' } }, /run of B was still in progress/],
    [
      'environment',
      { environment: { warnings: ['The processor was busy.'] } },
      /Machine of B: The processor was busy/,
    ],
  ] as [string, Parameters<typeof resultOf>[1], RegExp][])('is about the %s', (about, change, says) => {
    const given = warnings({}, change);
    expect(given).toEqual([{ about, text: expect.stringMatching(says) }]);
  });

  it('says that both files hold the same run', () => {
    const result = resultOf(runs([1, 2]));
    expect(compareResults(result, structuredClone(result)).warnings).toEqual([
      { about: 'same run', text: 'Both files contain the same run.' },
    ]);
  });
});

describe('verdicts', () => {
  const finding = (claim: string, verdict: Finding['verdict']): Finding => ({
    experiment: 'test',
    claim,
    verdict,
    sentence: '',
    rule: '',
    provisional: false,
    evidence: [],
  });

  it('are compared claim by claim', () => {
    const a = resultOf([], {
      findings: [finding('kept', 'holds'), finding('turned', 'holds'), finding('gone', 'depends')],
    });
    const b = resultOf([], {
      findings: [finding('new', 'holds'), finding('turned', 'depends'), finding('kept', 'holds')],
    });
    expect(compareResults(a, b).verdicts.map(({ claim, change }) => [claim, change])).toEqual([
      ['kept', 'same'],
      ['turned', 'changed'],
      ['gone', 'only in A'],
      ['new', 'only in B'],
    ]);
  });
});
