import { max, median, min } from 'simple-statistics';
import {
  clearlyDifferent,
  compareRatio,
  type Interval,
  meanInterval,
  type PairedRun,
  runsForVerdict,
} from './interval.ts';
import { significant, threeDigits, type Write } from './writing.ts';

export {
  type Digits,
  significant,
  threeDigits,
  whole,
  writeBytes,
  writeKiB,
  writeMiB,
  writeMs,
  writePercent,
} from './writing.ts';

/**
 * A value over several runs. The run is the unit: `low` and `high` are the smallest and the largest run,
 * `interval` is where their mean lies with 95 % confidence, from three runs on.
 */
export type Spread = { median: number; low: number; high: number; runs: number; interval?: Interval };

/** Summarises one value per run; `undefined` without any. */
export function spread(values: readonly (number | null | undefined)[]): Spread | undefined {
  const runs = values.filter((value): value is number => typeof value === 'number');
  if (runs.length === 0) return undefined;
  const interval = runs.length >= runsForVerdict ? meanInterval(runs) : undefined;
  return {
    median: median(runs),
    low: min(runs),
    high: max(runs),
    runs: runs.length,
    ...(interval && { interval }),
  };
}

/** A value to be written, of a figure for example. `value` is the median of the runs, or the estimate. */
export type Measured = Omit<Spread, 'median'> & { value: number };

/** The median of a spread, with its range. */
export function measuredOf({ median: value, ...range }: Spread): Measured {
  return { value, ...range };
}

/** The geometric mean of a/b over paired runs, and its interval from three runs on; `undefined` without a ratio. */
export function ratioSpread(pairs: readonly PairedRun[]): Measured | undefined {
  const { ratio, verdict } = compareRatio(pairs);
  const ratios = pairs.filter(({ b }) => b > 0).map(({ a, b }) => a / b);
  const [only] = ratios;
  if (only === undefined) return undefined;
  return {
    value: ratio?.mean ?? only,
    low: min(ratios),
    high: max(ratios),
    runs: ratio?.n ?? 1,
    ...(ratio && verdict !== 'provisional' && { interval: ratio }),
  };
}

/**
 * Writes a value for people. From three runs on the mean of the runs with its interval: "1.02 ms (95%:
 * 0.98 to 1.06, 5 runs)"; two runs give their median and range, one run its value in two digits.
 */
export function withRange(measured: Measured, write: Write): string {
  const { interval, runs, value } = measured;
  if (runs < 2) return writeMedian(measured, write);
  if (!interval) return writeRange(value, measured, write, ' over 2 runs');
  return writeRange(interval.mean, interval, write, `, ${runs} runs`, '95%: ');
}

/** Writes the median of the runs, without their range. */
export function writeMedian({ value, runs }: Pick<Measured, 'value' | 'runs'>, write: Write): string {
  return write(value, runs < 2 ? 2 : 3);
}

/** "5 ms (4 to 6 over 2 runs)": the unit once, where it is the same everywhere. */
function writeRange(
  value: number,
  range: { low: number; high: number },
  write: Write,
  after: string,
  before = '',
): string {
  // Only a difference can be negative. An interval of anything else that reaches below 0 has no lower end.
  if (value >= 0 && range.low < 0) return `${write(value)} (${before}at most ${write(range.high)}${after})`;
  const texts = [write(value), write(range.low), write(range.high)];
  const units = new Set(texts.map((text) => text.replace(/^[\d.,]+/, '')));
  const [low, high] = texts
    .slice(1)
    .map((text) => (units.size === 1 ? (/^[\d.,]+/.exec(text)?.[0] ?? text) : text));
  return `${texts[0]} (${before}${low} to ${high}${after})`;
}

/** "A was 3.1 times B.", or "A showed no clear difference (ratio 1.1; …) from B." */
export function timesSentence(a: string, b: string, ratio: Measured): string {
  const isClear = !ratio.interval || clearlyDifferent(ratio.interval, 1);
  return isClear ? `${a} was ${writeTimes(ratio)} ${b}.` : `${a} showed ${writeTimes(ratio)} from ${b}.`;
}

/**
 * Writes a ratio of paired runs for a sentence: "3.1 times (95%: 2.9 to 3.3, 5 runs)", or that there is no clear
 * difference. Under three pairs there is no interval to write.
 */
export function writeTimes({ value, interval, runs }: Measured): string {
  if (!interval) return `${significant(value, runs < 2 ? 2 : 3)} times`;
  const range = `95%: ${threeDigits(interval.low)} to ${threeDigits(interval.high)}, ${interval.n} runs`;
  return clearlyDifferent(interval, 1)
    ? `${threeDigits(value)} times (${range})`
    : `no clear difference (ratio ${threeDigits(value)}; ${range})`;
}
