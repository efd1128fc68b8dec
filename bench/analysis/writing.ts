/**
 * How the lab writes numbers for people. Apart from the statistics, because pages write numbers too and
 * should not have to load what computes intervals.
 */

/** Made once: a page writes thousands of numbers, and making a format takes longer than using it. */
const formats = {
  2: new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 }),
  3: new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }),
};
const inFull = new Intl.NumberFormat('en-US');

/** How many significant digits a number has. A measurement from one run has two: more would be false precision. */
export type Digits = keyof typeof formats;

/** Writes a value for people, in as many digits as it deserves. Exact counts ignore the digits. */
export type Write = (value: number, digits?: Digits) => string;

/** Significant digits, and a unit that keeps the number readable. */
export function writeMs(valueMs: number, digits: Digits = 3): string {
  return valueMs >= 1000 ? `${significant(valueMs / 1000, digits)} s` : `${significant(valueMs, digits)} ms`;
}

/** An end of an interval, of what can't be less than nothing: one below 0 says no more than that, and is not cut off. */
export function writeEnd(end: number, write: (value: number) => string): string {
  return end < 0 ? 'below 0' : write(end);
}

/** "14 messages/s (95%: 4 to 160)", of what can't be less than nothing. */
export function writeEstimate(
  { value, low, high }: { value: number; low: number; high: number },
  unit: string,
): string {
  const write = (end: number) => significant(end, 2);
  return `${write(value)} ${unit} (95%: ${writeEnd(low, write)} to ${writeEnd(high, write)})`;
}

/** Bytes in KiB or MiB from 1,024 on. */
export function writeBytes(bytes: number, digits: Digits = 3): string {
  if (bytes < 1024) return `${significant(bytes, digits)} B`;
  return bytes < 1024 * 1024
    ? `${significant(bytes / 1024, digits)} KiB`
    : `${significant(bytes / 1024 / 1024, digits)} MiB`;
}

/** Significant digits, thousands separated, no exponent. */
export function significant(value: number, digits: Digits = 3): string {
  return formats[digits].format(value);
}

/** A share in percent: "45%". */
export function writePercent(share: number, digits: Digits = 3): string {
  return `${significant(100 * share, digits)}%`;
}

/** KiB as bytes are written: "2.9 KiB", "512 B". */
export function writeKiB(kibibytes: number, digits: Digits = 3): string {
  return writeBytes(kibibytes * 1024, digits);
}

/** MiB as bytes are written. */
export function writeMiB(mebibytes: number, digits: Digits = 3): string {
  return writeBytes(mebibytes * 1024 * 1024, digits);
}

/** Three significant digits, however many runs there are. */
export function threeDigits(value: number): string {
  return significant(value);
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
