import {
  type ComparedRow,
  type Comparison,
  type Condition,
  differenceWords,
  whyNoInterval,
} from '../../bench/analysis/comparison.ts';
import type { Quantity } from '../../bench/analysis/comparison-quantities.ts';
import type { ExperimentText } from '../../bench/result.ts';
import { differences, laneName } from '../charts/lanes.ts';
import { counted, threeDigits, writeBytes, writeMs } from '../units.ts';

/** A compared row as everybody writes it: page, chart and terminal. */
export type NamedRow = {
  row: ComparedRow;
  /** The title of its experiment. */
  experiment: string;
  condition: string;
  a: string;
  b: string;
  ratio: string;
  /** The 95% interval, or why there is none. */
  interval: string;
  words: string;
};

/**
 * Writes rows, the clear differences of each experiment first, the largest before the others. `texts` are
 * those of the experiments, for their titles.
 */
export function nameRows(
  rows: readonly ComparedRow[],
  texts: readonly Pick<ExperimentText, 'id' | 'title'>[],
): NamedRow[] {
  const experiments = [...new Set(rows.map(({ condition }) => condition.experiment))];
  return experiments.flatMap((experiment) => {
    const title = texts.find(({ id }) => id === experiment)?.title ?? experiment;
    const own = rows.filter(({ condition }) => condition.experiment === experiment);
    const conditions = [...new Set(own.map(({ condition }) => condition))];
    const names = conditionNames(conditions);
    return own
      .toSorted((a, b) => weight(b) - weight(a))
      .map((row) => ({
        experiment: title,
        condition: names[conditions.indexOf(row.condition)] ?? '',
        ...writeRow(row),
      }));
  });
}

/** How far a clear difference is from none; rows without one keep their order. */
function weight({ difference, ratio = 1 }: ComparedRow): number {
  return difference === 'no clear difference' ? 0 : Math.abs(Math.log(ratio));
}

function writeRow(row: ComparedRow): Omit<NamedRow, 'experiment' | 'condition'> {
  const { quantity, a, b, ratio, interval } = row;
  return {
    row,
    a: writeValue(a.value, quantity),
    b: writeValue(b.value, quantity),
    ratio: ratio === undefined ? '–' : threeDigits(ratio),
    interval: interval
      ? `${threeDigits(interval.low)} to ${threeDigits(interval.high)}`
      : (whyNoInterval(row) ?? ''),
    words: differenceWords(row),
  };
}

function writeValue(value: number, { unit }: Quantity): string {
  if (unit === 'ms') return writeMs(value);
  return unit === 'bytes' ? writeBytes(value) : threeDigits(value);
}

/** The rows that are called a difference. */
export function clearDifferences(rows: readonly ComparedRow[]): ComparedRow[] {
  return rows.filter(({ difference }) => difference !== 'no clear difference');
}

/** How many rows say what, in a sentence or two. */
export function countsSentence({ rows, withInterval }: Comparison): string {
  if (rows.length === 0) return 'The two results have no condition in common: there is nothing to compare.';
  const clear = clearDifferences(rows).length;
  const found = clear === 0 ? 'No clear difference' : counted(clear, 'clear difference');
  const without = rows.filter(({ interval }) => !interval);
  const single = without.filter(({ a, b }) => Math.min(a.runs, b.runs) < 2).length;
  const reasons = [
    single > 0 ? `${counted(single, 'row')} with only 1 run in A or B` : '',
    without.length > single ? `${counted(without.length - single, 'row')} in which a run measured 0` : '',
  ].filter(Boolean);
  const rest = reasons.length > 0 ? ` Not judged: ${reasons.join(', and ')}.` : '';
  return `${found} in ${counted(withInterval, 'row')} with an interval.${rest}`;
}

/** "99.989%": how sure the strict intervals are. */
export function strictLevel({ strictConfidence }: Comparison): string {
  return `${(100 * strictConfidence).toLocaleString('en-US', { maximumSignificantDigits: 5 })}%`;
}

/**
 * Names for the conditions of one experiment, in their order: transport and interval, as everywhere, and
 * what else tells a condition from the others. What is the same in all of them goes without saying.
 */
export function conditionNames(conditions: readonly Condition[]): string[] {
  return conditions.map((condition) => {
    const { transport, parameters } = condition;
    const siblings = conditions.filter((other) => other.transport === transport);
    const telling = words.filter(
      (write) => differ(siblings.map(write)) || differ(conditions.map(write).filter(Boolean)),
    );
    return [laneName(transport, parameters.intervalMs), ...telling.map((write) => write(condition))]
      .filter(Boolean)
      .join(', ');
  });
}

function differ(texts: readonly string[]): boolean {
  return new Set(texts).size > 1;
}

/** All that conditions may differ in beside transport and interval, in words; nothing for what is not there. */
const words: ((condition: Condition) => string)[] = [
  ({ sideBySide }) => (sideBySide ? 'side by side' : 'alone'),
  ({ parameters }) => scheduleNames[parameters.schedule],
  ({ parameters }) => `${threeDigits(parameters.ratePerSecond)} messages/s`,
  ({ parameters }) => counted(parameters.clients, 'client'),
  ({ parameters }) => `payload ${writeBytes(parameters.payloadBytes)}`,
  ({ parameters }) => ifAny(parameters.oneWayMs, (ms) => `one-way delay ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.jitterMs, (ms) => `jitter ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.holdMs, (ms) => `long-poll timeout ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.path, String),
  ({ parameters }) => ifAny(parameters.proxy, (proxy) => `${proxy} proxy`),
  ({ parameters }) => ifAny(parameters.awayMs, (ms) => `offline for ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.outageMs, (ms) => `server down for ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.retentionMs, (ms) => `retention ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.stallMs, (ms) => `server stalled for ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.overloadMs, (ms) => `overload of ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.handlingMs, (ms) => `handler takes ${writeMs(ms)}`),
  ({ parameters }) =>
    ifAny(parameters.slowBy, (how) => (how === 'pause' ? 'client stops reading' : 'handler sleeps')),
  ({ parameters }) => ifAny(parameters.limitBytes, (bytes) => `queue limit ${writeBytes(bytes)}`),
  ({ parameters }) => ifAny(parameters.publishEveryMs, (ms) => `publish interval ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.prefetch, (messages) => `prefetch ${messages}`),
  ...differences,
];

const scheduleNames = { poisson: 'Poisson', periodic: 'constant rate', burst: 'bursts' };

function ifAny<Value>(value: Value | undefined, write: (value: Value) => string): string {
  return value === undefined ? '' : write(value);
}
