import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judge } from '../analysis/findings.ts';
import type { Experiment } from '../experiment.ts';
import { estimateMs, type LabResult, Run } from '../harness/run.ts';
import { resultSchema, schemaVersion } from '../result.ts';

/**
 * Exercise: ask a question. `npm run exercise -- experiment` runs this until it is green.
 *
 * Write `bench/experiments/my-question.ts`. It exports `myQuestion`, an `Experiment`: a claim, a question
 * with four predictions, the rule of the verdict, a plan of trials, the figures, and a function that applies the rule.
 *
 * Read `bench/experiment.ts` and `bench/experiments/real-time/crowd.ts` first. Some questions: does a longer message
 * arrive later? Do bursts hurt a long poll more than push? What does a connection for every poll cost?
 */
const file = process.env.EXERCISE_ANSWER ? './message-size.ts' : '../experiments/my-question.ts';

const machine = { clientsMax: 1000, cores: 2 };

describe('step by step', () => {
  it('1. exports myQuestion from its file', async () => {
    expect(existsSync(new URL(file, import.meta.url)), 'write bench/experiments/my-question.ts').toBe(true);
    expect((await import(file)).myQuestion, 'export an experiment myQuestion').toBeTypeOf('object');
  });

  it('2. asks a question, with four predictions and a reason for each', async () => {
    const { text } = await question();
    expect(text.question).toMatch(/\?$/);
    expect(text.prediction.choices).toHaveLength(4);
    for (const { why } of text.prediction.choices) expect(why.length).toBeGreaterThan(20);
    for (const part of [text.claim, text.howToRead, text.why, text.caveat])
      expect(part.length).toBeGreaterThan(10);
  });

  it('3. has a rule with a number, fixed before the first run', async () => {
    expect((await question()).rule).toMatch(/\d|half|twice|once/);
  });

  it('4. plans trials that take at most ten seconds in the quick profile', async () => {
    const experiment = await question();
    expect(experiment.plan('quick', machine).trials.length).toBeGreaterThan(0);
    expect(estimateMs(experiment, 'quick', machine)).toBeLessThan(10_000);
  });

  it('5. plans more repeats in the full profile, for a confidence interval', async () => {
    const experiment = await question();
    const repeats = experiment.plan('full', machine).trials.map(({ repeat }) => repeat);
    expect(Math.max(...repeats)).toBeGreaterThanOrEqual(3);
  });

  it('6. gives no verdict without evidence: figures.need throws NotEnough', async () => {
    const nothing = { trials: [], capacities: [], probes: [] };
    const { verdict, error } = judge(await question(), nothing);
    expect({ verdict, error }).toEqual({ verdict: 'inconclusive', error: undefined });
  });

  it('7. runs, and states the finding in one sentence with numbers', async () => {
    const experiment = await question();
    const result = emptyResult(experiment);
    const run = new Run(result, machine, [experiment], new AbortController().signal, () => {});
    try {
      await run.experiment(experiment, () => {});
    } finally {
      run.end();
    }
    expect(result.trials.filter(({ status }) => status !== 'ok').map(({ error }) => error)).toEqual([]);
    const [finding] = result.findings;
    expect(finding?.verdict).not.toBe('inconclusive');
    expect(finding?.sentence).toMatch(/\d/);
    expect(() => resultSchema.parse(result)).not.toThrow();
  });
});

async function question(): Promise<Experiment> {
  return ((await import(file)) as { myQuestion: Experiment }).myQuestion;
}

function emptyResult({ text }: Experiment): LabResult {
  return {
    schemaVersion,
    lab: {
      version: '0',
      profile: 'quick',
      seed: 45,
      command: '',
      startedAt: '',
      durationMs: 0,
      status: 'running',
    },
    environment: { node: '', os: '', cpu: '', cores: 1, memoryBytes: 1, commit: '', warnings: [] },
    experiments: [text],
    trials: [],
    capacities: [],
    probes: [],
    fits: [],
    pairs: [],
    figures: [],
    findings: [],
    checks: [],
  };
}
