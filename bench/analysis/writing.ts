/**
 * How the lab writes numbers for people. Apart from the statistics, because pages write numbers too and
 * should not have to load what computes intervals.
 */

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
