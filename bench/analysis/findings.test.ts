import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Experiment } from '../experiment.ts';
import { delay, evidence, trial } from '../experiments/made-up.ts';
import { freshness } from '../experiments/real-time/freshness.ts';
import { type LabResult, Run } from '../harness/run.ts';
import { parseResult, resultSchema, schemaVersion, type Trial } from '../result.ts';
import { figuresOf, NotEnough } from './figures.ts';
import { conclude } from './findings.ts';
import { meanInterval } from './interval.ts';

const named = (id: string, change: Partial<Experiment>): Experiment => ({
  ...freshness,
  text: { ...freshness.text, id },
  plan: () => ({ trials: [] }),
  figures: ({ trials }) => [
    ...figuresOf({ runs: trials }, ['median', 'median latency', ({ delayMs }) => delayMs.p50, 'ms']),
    ...figuresOf({ runs: trials.slice(0, 1) }, ['requests', 'requests', ({ requests }) => requests.total]),
  ],
  judge: (figures) => {
    const [median] = figures.need('Nothing to judge', 'median');
    return { verdict: median.value < 10 ? 'holds' : 'does not hold', sentence: 'It is judged.' };
  },
  ...change,
});

describe('a conclusion', () => {
  const trials = [1, 2, 3].map((repeat) => trial({ repeat }));

  it('has the figures of the experiment, of its usable trials', () => {
    const failed = trial({ status: 'failed' });
    const { figures, finding } = conclude(named('mine', {}), evidence([...trials, failed]));
    expect(figures).toMatchObject([
      { experiment: 'mine', name: 'median', unit: 'ms', value: 1, low: 1, high: 1, runs: 3 },
      { experiment: 'mine', name: 'requests', unit: '', value: 0, runs: 1 },
    ]);
    expect(figures[0]?.trials).toEqual(trials.map(({ id }) => id));
    expect(finding).toMatchObject({ experiment: 'mine', verdict: 'holds', provisional: false });
  });

  it('rests on the trials of the figures that its rule read', () => {
    const readsOne = named('mine', {
      judge: (figures) => {
        figures.need('Nothing', 'requests');
        return { verdict: 'holds', sentence: '' };
      },
    });
    expect(conclude(readsOne, evidence(trials)).finding.evidence).toEqual([trials[0]?.id]);
  });

  it('is inconclusive without a figure that the rule needs, and says how many trials are unusable', () => {
    const { finding } = conclude(named('mine', {}), evidence([trial({ status: 'failed' })]));
    expect(finding).toMatchObject({
      verdict: 'inconclusive',
      sentence: 'Nothing to judge. 1 of 1 trials failed or were limited by the load generator.',
      evidence: [],
    });
    expect(finding.error).toBeUndefined();
  });

  it('knows NotEnough by its name, also that of a module which was loaded a second time', () => {
    const ofSecondModule = Object.assign(new Error('Too few'), { name: new NotEnough().name });
    const { finding } = conclude(
      named('mine', {
        judge: () => {
          throw ofSecondModule;
        },
      }),
      evidence(trials),
    );
    expect(finding).toMatchObject({ verdict: 'inconclusive', sentence: 'Too few.' });
    expect(finding.error).toBeUndefined();
  });

  const broken = (): never => {
    throw new TypeError("can't read\nnothing");
  };

  it.each(['figures', 'fits', 'pairs', 'judge'] as const)('names an error in %s, in one line', (part) => {
    const { finding } = conclude(named('mine', { [part]: broken }), evidence(trials));
    expect(finding).toMatchObject({
      verdict: 'inconclusive',
      provisional: false,
      sentence: "The code of this experiment has an error: TypeError: can't read nothing.",
      error: "TypeError: can't read nothing",
    });
  });

  it('names whatever was thrown', () => {
    const throwing = () => {
      throw 'a text';
    };
    expect(conclude(named('mine', { judge: throwing }), evidence(trials)).finding.error).toBe('a text');
  });

  it('lets a run go on after an experiment with an error', async () => {
    const experiments = [named('first', { figures: broken }), named('second', {})];
    const result: LabResult = {
      schemaVersion,
      lab: {
        version: '',
        profile: 'quick',
        seed: 1,
        command: '',
        startedAt: '',
        durationMs: 0,
        status: 'running',
      },
      environment: { node: '', os: '', cpu: '', cores: 1, memoryBytes: 1, commit: '', warnings: [] },
      experiments: experiments.map(({ text }) => text),
      trials: ['first', 'second'].map((experiment) => trial({ experiment })),
      capacities: [],
      probes: [],
      fits: [],
      pairs: [],
      figures: [],
      findings: [],
      checks: [],
    };
    const machine = { clientsMax: 1, cores: 1 };
    const run = new Run(result, machine, experiments, new AbortController().signal, () => {});
    for (const experiment of experiments) await run.experiment(experiment, () => {});
    run.end();
    expect(result.findings.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'holds']);
    expect(result.figures.map(({ experiment }) => experiment)).toEqual(['second', 'second']);
    expect(() => resultSchema.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
  });
});

it('a figure is left out where its value is no finite number, which JSON does not have', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, null, undefined])
    expect(figuresOf({ runs: [{}] }, ['x', 'x', () => value])).toEqual([undefined]);
});

describe('a figure of several values in one run', () => {
  const at = (repeat: number, p50: number) => trial({ repeat, delayMs: delay(p50) });
  const medianOf = (...trials: Trial[]) =>
    figuresOf({ runs: trials }, ['median', 'median latency', ({ delayMs }) => delayMs.p50])[0];

  it('counts the runs, and has no interval with too few of them', () => {
    const figure = medianOf(at(1, 1), at(1, 2), at(1, 6), at(2, 3));
    expect(figure).toMatchObject({ value: 2.5, low: 1, high: 6, runs: 2 });
    expect(figure?.interval).toBeUndefined();
  });

  it('has the interval of the means of the runs', () => {
    const figure = medianOf(...[1, 2, 3].flatMap((repeat) => [at(repeat, repeat), at(repeat, repeat + 10)]));
    expect(figure).toMatchObject({ runs: 3, interval: meanInterval([6, 7, 8]) });
  });

  it('counts repeated probes by the repeat among their values', () => {
    const probes = [1, 1, 2].map((repeat) => ({ values: { repeat } }));
    expect(figuresOf({ runs: probes }, ['x', 'x', () => 1])[0]?.runs).toBe(2);
  });

  it('names only the trials that have a value', () => {
    const [first, second] = [at(1, 1), at(2, 2)];
    const other = { ...second, delayMs: { ...second.delayMs, p50: null } };
    expect(medianOf(first, other)).toMatchObject({ runs: 1, trials: [first.id] });
  });
});

it('no experiment of the sample, which has one run of each plan but freshness, claims an interval', () => {
  const sample = parseResult(readFileSync('report/sample/results.json', 'utf8'));
  const repeats = new Map(sample.trials.map(({ id, repeat }) => [id, repeat]));
  const claimed = sample.figures.filter(
    ({ interval, trials }) => interval && new Set(trials.map((id) => repeats.get(id))).size < interval.n,
  );
  expect(claimed.map(({ experiment, name }) => `${experiment}.${name}`)).toEqual([]);
});
