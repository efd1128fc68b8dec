/**
 * How the classroom's pages write numbers: short, for the last row. Two digits tell a class what three do,
 * and change less often while somebody is reading.
 */

/** What stands where there is nothing to count yet. */
export const nothing = '–';

/** A time: "0.4 ms", "35 ms", "0.52 s", "12 s", "3 min". `null` is nothing. */
export function writeTime(valueMs: number | null): string {
  if (valueMs === null) return nothing;
  if (valueMs < 100) return `${digits(valueMs, 2)} ms`;
  if (valueMs < 120_000) return `${digits(valueMs / 1000, 2)} s`;
  return `${digits(valueMs / 60_000, 2)} min`;
}

/** An age, as far as the clock allows: what is less than the clock is uncertain is only known to be less. */
export function writeAge(ageMs: number | null, uncertaintyMs: number): string {
  return ageMs !== null && ageMs < uncertaintyMs ? `< ${writeTime(uncertaintyMs)}` : writeTime(ageMs);
}

/** Bytes: "640 B", "12 kB", "3.4 MB". */
export function writeBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  return bytes < 1e6 ? `${digits(bytes / 1e3, 2)} kB` : `${digits(bytes / 1e6, 2)} MB`;
}

/** A whole number, thousands separated. */
export function writeCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A rate or a ratio: "0", "0.05", "4.9", "120". `null` is nothing. */
export function writeRatio(value: number | null): string {
  return value === null ? nothing : digits(value, 2);
}

/** "1 message", "3 messages". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${writeCount(count)} ${count === 1 ? singular : plural}`;
}

/** So many significant digits; what is larger keeps its whole number. Below a hundredth of a unit it is 0.01. */
function digits(value: number, significant: number): string {
  if (value >= 10 ** significant) return writeCount(value);
  if (value > 0 && value < 0.01) return '0.01';
  return String(Number(value.toPrecision(significant)));
}
