import { mean, median } from 'simple-statistics';
import type { Finding, Result, Trial } from '../result.ts';
import { type Quantity, quantities } from './comparison-quantities.ts';
import { isMeant, isUsable } from './findings.ts';
import { clearlyDifferent, type Interval, welchRatio } from './interval.ts';
import { threeDigits } from './writing.ts';

/**
 * Compares two results: the differences from A to B that are larger than chance.
 *
 * A row is one quantity under one condition. The runs of a row are not paired: with equal seeds they play the same
 * messages, but at different times, and pairs would need as many runs on both sides.
 *
 * A comparison has hundreds of rows, and 1 in 20 of their 95% intervals misses the true value. A row is therefore a
 * difference only where a stricter interval excludes 1 too: by Bonferroni, with the 5% divided by the number of
 * all rows that have an interval, whatever their quantity. Without a real difference, 19 of 20 comparisons then
 * find none. The level covers all quantities, because a reader sees one page and not seven families. It is
 * Bonferroni's and not Holm's, because a reader can check one level by eye, and Holm's differs from row to row for
 * little gain. Differences that are small compared with the scatter of the runs are missed.
 *
 * All runs of a file share one session on one machine. If the machine was busier in one session, the difference is
 * clear, but the transports did not cause it.
 */
export type Comparison = {
  warnings: ComparisonWarning[];
  verdicts: ComparedVerdict[];
  rows: ComparedRow[];
  /** Conditions with usable runs in only one result. */
  onlyInA: Condition[];
  onlyInB: Condition[];
  /** Conditions whose windows have different lengths: only latency and memory are compared. */
  otherWindow: Condition[];
  /** Rows that have an interval. */
  withInterval: number;
  /** The confidence of the `strict` intervals: all of them hold in 19 of 20 comparisons. */
  strictConfidence: number;
};

/** The difference of B from A. */
export type Difference = 'higher' | 'lower' | 'no clear difference';

export type ComparedRow = {
  condition: Condition;
  quantity: Quantity;
  a: Side;
  b: Side;
  /** b/a. `undefined` where a run measured 0. */
  ratio?: number;
  /** 95%; needs two runs on each side. */
  interval?: Bounds;
  strict?: Bounds;
  difference: Difference;
};

/** The geometric mean of the runs; where one of them is 0, their median. */
export type Side = { value: number; runs: number };

export type Bounds = Pick<Interval, 'low' | 'high'>;

export type ComparedVerdict = {
  experiment: string;
  claim: string;
  a?: Judged;
  b?: Judged;
  change: 'same' | 'changed' | 'only in A' | 'only in B';
};

type Judged = Pick<Finding, 'verdict' | 'provisional'>;

/** The share of comparisons without a real difference that may find one. */
const falseAlarmShare = 0.05;

/** Compares two results, condition by condition and claim by claim. */
export function compareResults(a: Result, b: Result): Comparison {
  const before = conditionsOf(a);
  const after = conditionsOf(b);
  const shared = [...before].flatMap(([key, { condition, runs }]) => {
    const other = after.get(key);
    return other ? [{ condition, a: runs, b: other.runs }] : [];
  });
  const measured = shared.flatMap((both) => quantities.flatMap((quantity) => measuredRow(both, quantity)));
  const withInterval = measured.filter(({ interval }) => interval).length;
  const strictConfidence = 1 - falseAlarmShare / Math.max(1, withInterval);
  const only = (own: typeof before, other: typeof before) =>
    [...own].filter(([key]) => !other.has(key)).map(([, { condition }]) => condition);
  return {
    warnings: comparisonWarnings(a, b),
    verdicts: compareVerdicts(a.findings, b.findings),
    rows: measured.map((row) => judged(row, strictConfidence)),
    onlyInA: only(before, after),
    onlyInB: only(after, before),
    otherWindow: shared.filter((both) => !haveSameWindow(both.a, both.b)).map(({ condition }) => condition),
    withInterval,
    strictConfidence,
  };
}

/** A condition with usable runs in both results. */
type SharedCondition = { condition: Condition; a: Trial[]; b: Trial[] };

/** A row before the number of rows is known. */
type MeasuredRow = Omit<ComparedRow, 'difference' | 'strict'> & {
  runs: { a: number[]; b: number[] };
  resolution: number;
};

/** One quantity under one condition; nothing where a side has no value, or all values are 0. */
function measuredRow({ condition, ...both }: SharedCondition, quantity: Quantity): MeasuredRow[] {
  if (quantity.needsServerAlone && condition.sideBySide) return [];
  if (quantity.needsSameWindow && !haveSameWindow(both.a, both.b)) return [];
  const runs = { a: valuesOf(quantity, both.a), b: valuesOf(quantity, both.b) };
  const all = [...runs.a, ...runs.b];
  if (runs.a.length === 0 || runs.b.length === 0 || all.every((value) => value === 0)) return [];
  const [a, b] = [sideOf(runs.a), sideOf(runs.b)];
  const hasRatio = all.every((value) => value > 0);
  const resolution = Math.max(...[...both.a, ...both.b].map(quantity.resolution));
  const interval = welchRatio(runs, { resolution });
  return [
    { condition, quantity, a, b, ...(hasRatio && { ratio: b.value / a.value }), interval, runs, resolution },
  ];
}

function valuesOf(quantity: Quantity, runs: readonly Trial[]): number[] {
  return runs.map(quantity.of).filter((value): value is number => typeof value === 'number');
}

function sideOf(values: number[]): Side {
  const isPositive = values.every((value) => value > 0);
  const value = isPositive ? Math.exp(mean(values.map(Math.log))) : median(values);
  return { value, runs: values.length };
}

/** Adds the strict interval and the difference. */
function judged({ runs, resolution, ...row }: MeasuredRow, confidence: number): ComparedRow {
  const strict = welchRatio(runs, { confidence, resolution });
  if (!strict || !clearlyDifferent(strict, 1)) return { ...row, strict, difference: 'no clear difference' };
  return { ...row, strict, difference: strict.mean > 1 ? 'higher' : 'lower' };
}

/** The verdicts claim by claim: those of A in their order, then those that only B has. */
function compareVerdicts(a: readonly Finding[], b: readonly Finding[]): ComparedVerdict[] {
  const sameClaim = (one: Finding) => (other: Finding) =>
    other.experiment === one.experiment && other.claim === one.claim;
  const compared = a.map((finding): ComparedVerdict => {
    const { experiment, claim } = finding;
    const other = b.find(sameClaim(finding));
    if (!other) return { experiment, claim, a: finding, change: 'only in A' };
    const change = finding.verdict === other.verdict ? 'same' : 'changed';
    return { experiment, claim, a: finding, b: other, change };
  });
  const added = b
    .filter((finding) => !a.some(sameClaim(finding)))
    .map((finding): ComparedVerdict => {
      const { experiment, claim } = finding;
      return { experiment, claim, b: finding, change: 'only in B' };
    });
  return [...compared, ...added];
}

/** The difference in words. */
export function differenceWords({ difference }: ComparedRow): string {
  return difference === 'no clear difference' ? difference : `${difference} in B`;
}

/** Why a row has no interval; nothing where it has an interval. */
export function whyNoInterval({ a, b, interval }: ComparedRow): string | undefined {
  if (interval) return undefined;
  return Math.min(a.runs, b.runs) < 2 ? '1 run: no interval' : 'a run measured 0: no ratio';
}

/** Two runs are comparable if all of this is the same. */
export type Condition = Pick<Trial, 'experiment' | 'transport' | 'contract' | 'parameters'> & {
  /** Whether other transports had clients on the same source at the same time. */
  sideBySide: boolean;
};

/** A condition and its usable runs. */
export type MeasuredCondition = { condition: Condition; runs: Trial[] };

/**
 * The conditions of a result that have usable runs, by a key that is the same in another result for the
 * same condition: experiment, transport, contract, parameters, and the other trials on the same source.
 * These are load, so three of them are another condition than five.
 */
export function conditionsOf({ trials }: Result): Map<string, MeasuredCondition> {
  const companions = new Map<string, Trial[]>();
  for (const trial of trials)
    companions.set(trial.together, [...(companions.get(trial.together) ?? []), trial]);
  const conditions = new Map<string, MeasuredCondition>();
  for (const trial of trials.filter(isUsable)) {
    const { experiment, transport, contract, parameters, together } = trial;
    const others = (companions.get(together) ?? [trial]).filter((other) => other !== trial).map(ownKey);
    const key = [experiment, ownKey(trial), ...others.sort()].join('\n');
    const sideBySide = others.length > 0;
    const known = conditions.get(key) ?? {
      condition: { experiment, transport, contract, parameters, sideBySide },
      runs: [],
    };
    known.runs.push(trial);
    conditions.set(key, known);
  }
  return conditions;
}

/** Whether the windows of two sets of runs have the same length, apart from late timers. */
export function haveSameWindow(a: readonly Trial[], b: readonly Trial[]): boolean {
  const [before, after] = [a, b].map((runs) => median(runs.map(({ durationMs }) => durationMs))) as [
    number,
    number,
  ];
  return Math.abs(before - after) <= windowTolerance * Math.max(before, after);
}

/** As a share of the longer window. */
const windowTolerance = 0.05;

/** The part of the key for one trial. Parameters are sorted: their order in a file has no meaning. */
function ownKey({ transport, contract, parameters }: Trial): string {
  const sorted = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([transport, contract, sorted]);
}

/** A reason to doubt a comparison: a topic for programs, and text for people. */
export type ComparisonWarning = {
  about: 'machine' | 'same run' | 'profile' | 'seed' | 'version' | 'environment' | 'interrupted' | 'left out';
  text: string;
};

/** Differences between two results besides their measurements, the most serious first. */
export function comparisonWarnings(a: Result, b: Result): ComparisonWarning[] {
  return [
    ...machineWarnings(a, b),
    ...sameRunWarnings(a, b),
    ...interruptedWarnings(a, 'A'),
    ...interruptedWarnings(b, 'B'),
    ...planWarnings(a, b),
    ...environmentWarnings(a, 'A'),
    ...environmentWarnings(b, 'B'),
    ...leftOutWarnings(a, 'A'),
    ...leftOutWarnings(b, 'B'),
  ];
}

/** The parts of a machine that affect its numbers, rounded: a few pages of memory more are the same machine. */
const machineParts: [string, (environment: Result['environment']) => string][] = [
  ['CPU', ({ cpu }) => cpu],
  ['cores', ({ cores }) => String(cores)],
  ['memory', ({ memoryBytes }) => `${threeDigits(memoryBytes / 1024 ** 3)} GiB`],
  ['OS', ({ os }) => os],
  ['Node', ({ node }) => node],
];

function machineWarnings(a: Result, b: Result): ComparisonWarning[] {
  const differing = machineParts.flatMap(([name, write]) => {
    const [before, after] = [write(a.environment), write(b.environment)];
    return before === after ? [] : [`${name} ${before} in A and ${after} in B`];
  });
  if (differing.length === 0) return [];
  const text = `The machines differ: ${differing.join('; ')}. The numbers compare machines, not transports.`;
  return [{ about: 'machine', text }];
}

function sameRunWarnings(a: Result, b: Result): ComparisonWarning[] {
  const sameRun =
    a.lab.startedAt === b.lab.startedAt &&
    a.lab.durationMs === b.lab.durationMs &&
    a.environment.commit === b.environment.commit;
  return sameRun ? [{ about: 'same run', text: 'Both files contain the same run.' }] : [];
}

function interruptedWarnings({ lab }: Result, side: string): ComparisonWarning[] {
  if (lab.status === 'complete') return [];
  const text =
    lab.status === 'interrupted'
      ? `The run of ${side} was interrupted: the remaining trials are missing.`
      : `The run of ${side} was still in progress when its file was written: the remaining trials are missing.`;
  return [{ about: 'interrupted', text }];
}

function planWarnings({ lab: a, ...before }: Result, { lab: b, ...after }: Result): ComparisonWarning[] {
  const warnings: ComparisonWarning[] = [];
  if (a.profile !== b.profile)
    warnings.push({
      about: 'profile',
      text: `The profiles differ: ${a.profile} in A and ${b.profile} in B. The runs may differ in length.`,
    });
  if (a.seed !== b.seed)
    warnings.push({
      about: 'seed',
      text: `The seeds differ: ${a.seed} in A and ${b.seed} in B. Messages and polls had different scheduled times.`,
    });
  const [madeA, madeB] = [
    `${a.version}, commit ${before.environment.commit}`,
    `${b.version}, commit ${after.environment.commit}`,
  ];
  if (madeA !== madeB)
    warnings.push({
      about: 'version',
      text: `The lab versions differ: ${madeA} in A and ${madeB} in B. The code may have caused a difference.`,
    });
  return warnings;
}

function environmentWarnings({ environment }: Result, side: string): ComparisonWarning[] {
  return environment.warnings.map((text) => ({
    about: 'environment',
    text: `Machine of ${side}: ${text}`,
  }));
}

function leftOutWarnings({ trials }: Result, side: string): ComparisonWarning[] {
  const meant = trials.filter(isMeant);
  const left = meant.filter((trial) => !isUsable(trial)).length;
  if (left === 0) return [];
  return [
    {
      about: 'left out',
      text: `${left} of the ${meant.length} trials of ${side} failed, were interrupted, or had a saturated load generator. These trials are left out.`,
    },
  ];
}
