import { max, median, min } from 'simple-statistics';

/** A value over several runs. The run is the unit: `low` and `high` are the smallest and the largest run. */
export type Spread = { median: number; low: number; high: number; runs: number };

/** Summarises one value per run; `undefined` without any. */
export function spread(values: readonly (number | null | undefined)[]): Spread | undefined {
  const runs = values.filter((value): value is number => typeof value === 'number');
  if (runs.length === 0) return undefined;
  return { median: median(runs), low: min(runs), high: max(runs), runs: runs.length };
}

/** Below this many runs a verdict is provisional. */
export const runsForVerdict = 3;

/** Writes a spread for people: "1.02 ms (0.98 ms to 1.1 ms over 3 runs)"; one run has no range. */
export function withRange(value: Spread, write: (value: number) => string): string {
  if (value.runs < 2) return write(value.median);
  return `${write(value.median)} (${write(value.low)} to ${write(value.high)} over ${value.runs} runs)`;
}

/** Three significant digits, and a unit that keeps the number readable. */
export function writeMs(valueMs: number): string {
  return valueMs >= 1000 ? `${threeDigits(valueMs / 1000)} s` : `${threeDigits(valueMs)} ms`;
}

/** Bytes in KiB or MiB from 1,024 on. */
export function writeBytes(bytes: number): string {
  if (bytes < 1024) return `${threeDigits(bytes)} B`;
  return bytes < 1024 * 1024 ? `${threeDigits(bytes / 1024)} KiB` : `${threeDigits(bytes / 1024 / 1024)} MiB`;
}

/** Three significant digits, thousands separated, no exponent. */
export function threeDigits(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** A whole number with thousands separated. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
