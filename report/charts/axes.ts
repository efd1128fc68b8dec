import type { AxisUnit } from '../units.ts';
import type { Axis, CompareAxis, Reading } from './figure.ts';

/** A linear axis from zero. Its end is a round number above all of `values`; without them it follows the data. */
export function linear(title: string, unit: AxisUnit, values?: readonly number[]): Axis {
  const max = values && roundAbove(Math.max(...values));
  return { title, scale: 'linear', unit, min: 0, ...(max !== undefined && { max }) };
}

/** A logarithmic axis, from a whole decade to a round number around `values`; without them it follows the data. */
export function logarithmic(title: string, unit: AxisUnit, values?: readonly number[]): Axis {
  const ends = values && { min: decadeBelow(Math.min(...values)), max: roundAbove(Math.max(...values)) };
  return { title, scale: 'logarithmic', unit, ...ends };
}

/** From zero to the end of the longest of some runs. */
export function timeAxis(durationMs: number, title = 'Time since the start'): Axis {
  return { title, scale: 'linear', unit: 'ms', min: 0, max: durationMs };
}

/** The power of ten at or below a value: where a logarithmic axis begins. */
export function decadeBelow(value: number): number {
  return 10 ** Math.floor(Math.log10(value) + 1e-9);
}

/** The next of 1, 2, 3, 5 times a power of ten at or above a value: where an axis ends. */
export function roundAbove(value: number): number {
  if (value <= 0) return 1;
  const decade = decadeBelow(value);
  const step = [1, 2, 3, 5, 10].find((factor) => factor * decade >= value * (1 - 1e-9));
  return (step ?? 10) * decade;
}

/** Where the decades of a compare axis begin and end, as shares of its length: signs at the ends need room. */
const first = 0.05;
const last = 0.95;
/** Zero has no place on a logarithmic axis. It gets one of its own, left of a gap. */
const zeroAt = 0.03;
const firstAfterZero = 0.2;

/**
 * A logarithmic axis over whole decades that holds all values, and zero where there is one. `place` puts a
 * value on it. `writeTick` writes a decade.
 */
export function compareAxis(
  title: string,
  values: readonly number[],
  writeTick: (value: number) => string,
): { axis: CompareAxis; place: (value: number, text: string) => Reading } {
  const positive = values.filter((value) => value > 0);
  const hasZero = values.some((value) => value === 0);
  const low = Math.floor(Math.log10(Math.min(...positive, 1e12)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1e-12)) - 1e-9));
  const begin = hasZero ? firstAfterZero : first;
  const at = (value: number) =>
    value > 0 ? begin + ((last - begin) * (Math.log10(value) - low)) / (high - low) : zeroAt;
  const decades =
    positive.length === 0 ? [] : Array.from({ length: high - low + 1 }, (_, step) => low + step);
  return {
    axis: {
      title,
      ...(hasZero && { breakAt: (zeroAt + firstAfterZero) / 2 }),
      ticks: [
        ...(hasZero ? [{ at: zeroAt, text: '0' }] : []),
        ...decades.map((decade) => ({ at: at(10 ** decade), text: writeTick(10 ** decade) })),
      ],
    },
    place: (value, text) => ({ at: at(value), text }),
  };
}
