import { max, median, min } from 'simple-statistics';
import { compareRatio, type Interval, meanInterval, type PairedRun, runsForVerdict } from './interval.ts';
import { below0, significant, threeDigits, type Write, writeEnd } from './writing.ts';

export { type Digits, significant, threeDigits, whole, writeBytes, writeMs } from './writing.ts';

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

/**
 * Writes a spread for people. From three runs on the mean of the runs with its interval: "1.02 ms (95%:
 * 0.98 to 1.06, 5 runs)"; two runs give their median and range, one run its value in two digits.
 */
export function withRange(value: Spread, write: Write): string {
  const { interval, runs } = value;
  if (runs < 2) return writeMedian(value, write);
  if (!interval) return writeRange(value.median, value, write, ' over 2 runs');
  return writeRange(interval.mean, interval, write, `, ${runs} runs`, '95%: ');
}

/** Writes the median of the runs, without their range. */
export function writeMedian({ median, runs }: Spread, write: Write): string {
  return write(median, runs < 2 ? 2 : 3);
}

/** "5 ms (4 to 6 over 2 runs)": the unit once, where it is the same everywhere. */
function writeRange(
  value: number,
  range: { low: number; high: number },
  write: Write,
  after: string,
  before = '',
): string {
  // What is written so is never negative, except a difference, and then its value may be.
  const end = (at: number) => (value < 0 ? write(at) : writeEnd(at, write));
  const texts = [write(value), end(range.low), end(range.high)];
  const units = new Set(texts.filter((text) => text !== below0).map((text) => text.replace(/^[\d.,]+/, '')));
  const [low, high] = texts
    .slice(1)
    .map((text) => (units.size === 1 ? (/^[\d.,]+/.exec(text)?.[0] ?? text) : text));
  return `${texts[0]} (${before}${low} to ${high}${after})`;
}

/**
 * Writes how many times as much a is as b, over paired runs, for a sentence: "3.1 times (95%: 2.9 to 3.3,
 * 5 runs)", or that there is no clear difference. Under three pairs there is no interval to write.
 */
export function writeTimes(pairs: readonly PairedRun[]): string {
  const { ratio, verdict } = compareRatio(pairs);
  const [only] = pairs;
  if (!ratio || verdict === 'provisional') {
    const value = ratio?.mean ?? (only && only.b > 0 ? only.a / only.b : undefined);
    return value === undefined ? 'no comparison' : `${significant(value, pairs.length < 2 ? 2 : 3)} times`;
  }
  const interval = `95%: ${threeDigits(ratio.low)} to ${threeDigits(ratio.high)}, ${ratio.n} runs`;
  return verdict === 'no clear difference'
    ? `no clear difference (ratio ${threeDigits(ratio.mean)}; ${interval})`
    : `${threeDigits(ratio.mean)} times (${interval})`;
}
