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

/** What is written for an end of an interval that can't be right. */
export const below0 = 'below 0';

/** An end of an interval, of what can't be less than nothing: one below 0 says no more than that, and is not cut off. */
export function writeEnd(end: number, write: (value: number) => string): string {
  return end < 0 ? below0 : write(end);
}

/** "14.3 messages/s (95%: 4 to 160)", of what can't be less than nothing. */
export function writeEstimate(
  { value, low, high }: { value: number; low: number; high: number },
  unit: string,
): string {
  return `${threeDigits(value)} ${unit} (95%: ${writeEnd(low, threeDigits)} to ${writeEnd(high, threeDigits)})`;
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

/** "1 run", "2 runs". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${whole(count)} ${count === 1 ? singular : plural}`;
}

/** The first sentence of a finding, without runs and sample sizes: the experiment's own section has them. */
export function leadOf(text: string): string {
  const [first] = new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text);
  return (first?.segment ?? text).trim().replaceAll(/ \([^()]*(?: runs|n = )[^()]*\)/g, '');
}
