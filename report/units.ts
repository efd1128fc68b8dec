import { threeDigits, writeMs } from '../bench/analysis/writing.ts';

/**
 * How the report writes numbers: three significant digits and a unit that keeps them readable.
 * The page's tables and the axes of its charts share these, so that a value looks the same everywhere.
 */
export { counted, threeDigits, whole, writeBytes, writeMs } from '../bench/analysis/writing.ts';

/** Shown where nothing was measured. */
export const nothing = '–';

/** Bytes in a KiB. */
export const kibibyte = 1024;

/** Bytes in a MiB. */
export const mebibyte = 1024 * 1024;

/** A time from a fraction of a millisecond to days, for a sentence: "0.4 ms", "12 s", "3 min 20 s". */
export function writeDuration(durationMs: number): string {
  if (durationMs < 120_000) return writeMs(durationMs);
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The unit of an axis. A `percentile` p is placed at 1 / (1 − p), so that 90%, 99% and 99.9% are equally far apart. */
export type AxisUnit = 'ms' | 'percent' | 'number' | 'percentile';

/** A value at the tick of an axis. Milliseconds turn to seconds from 1,000 on; percent gets its sign. */
export function writeTick(value: number, unit: AxisUnit): string {
  if (unit === 'ms') return writeMs(value);
  if (unit === 'percentile') return writePercentile(value);
  return unit === 'percent' ? `${threeDigits(value)}%` : threeDigits(value);
}

/** The percentile at a place 1 / (1 − p) of its axis, with enough digits to differ from the next: 99.9% at 1,000. */
function writePercentile(place: number): string {
  const digits = Math.max(0, Math.ceil(Math.log10(place) - 1e-9) - 2);
  return `${(100 - 100 / place).toFixed(digits)}%`;
}

/**
 * A number in the page, for charts and downloads: a count in full, a measured fraction in five digits. That exceeds
 * the resolution of the clocks, and takes half of the space.
 */
export function fiveDigits(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}

/** One sentence per part, for texts that are read aloud: "Push: 50 ms. Long poll: 60 ms." */
export function sentencePer(parts: readonly string[]): string {
  return parts.map((part) => `${part[0]?.toUpperCase() ?? ''}${part.slice(1)}.`).join(' ');
}

/** A list for a sentence: "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
