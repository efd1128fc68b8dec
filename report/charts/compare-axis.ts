import type { CompareAxis, Reading } from './figure.ts';

/** Where the decades of an axis begin and end, as shares of its length: signs at the ends need room. */
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
