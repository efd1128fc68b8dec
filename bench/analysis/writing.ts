/**
 * How the lab writes numbers for people. Apart from the statistics, because pages write numbers too and
 * should not have to load what computes intervals.
 */

/** Made once: a page writes thousands of numbers, and making a format takes longer than using it. */
const inThreeDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const inFull = new Intl.NumberFormat('en-US');

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
  return inThreeDigits.format(value);
}

/** A whole number with thousands separated. */
export function whole(value: number): string {
  return inFull.format(Math.round(value));
}
