import { linearRegression, mean, sum } from 'simple-statistics';
import { tQuantile } from '../../analysis/student.ts';

/** A value over time, and the line through it. */
export type Slope = {
  perMinute: number;
  /** Where the slope lies with 95 % confidence. */
  low: number;
  high: number;
  mean: number;
  /** Blocks that the line goes through. */
  blocks: number;
};

/** The part of a run that counts as warm-up: the log is filling, and the compiler makes code, with notes of its own in the heap. */
export const warmUpShare = 0.5;

/** Blocks that the rest is cut into. Samples in a row are alike; the means of blocks are much less so. */
const blockCount = 15;

/** A shorter run says nothing: its code is still being compiled, and a heap that has just been filled settles for minutes. */
const judgedFromMs = 5 * 60_000;

/**
 * The line of least squares through the means of equal blocks of time after the warm-up, with Student's
 * interval for its slope. `undefined` for a run under five minutes, or with fewer than three samples to a block.
 */
export function slopeOf(samples: readonly { atMs: number; value: number }[]): Slope | undefined {
  const endMs = samples.at(-1)?.atMs ?? 0;
  const fromMs = endMs * warmUpShare;
  const blockMs = (endMs - fromMs) / blockCount;
  const blocks = Array.from({ length: blockCount }, (_, index) => {
    const start = fromMs + index * blockMs;
    return samples.filter(({ atMs }) => atMs > start && atMs <= start + blockMs);
  });
  if (endMs < judgedFromMs - 5000 || blocks.some((block) => block.length < 3)) return undefined;
  const points = blocks.map((block) => ({
    minutes: mean(block.map(({ atMs }) => atMs)) / 60_000,
    value: mean(block.map(({ value }) => value)),
  }));
  const middle = mean(points.map(({ minutes }) => minutes));
  const line = linearRegression(points.map(({ minutes, value }) => [minutes, value]));
  const spread = sum(points.map(({ minutes }) => (minutes - middle) ** 2));
  const residual = sum(points.map(({ minutes, value }) => (value - line.b - line.m * minutes) ** 2));
  const reach = tQuantile(0.95, blockCount - 2) * Math.sqrt(residual / (blockCount - 2) / spread);
  return {
    perMinute: line.m,
    low: line.m - reach,
    high: line.m + reach,
    mean: mean(points.map(({ value }) => value)),
    blocks: blockCount,
  };
}

/** Growth that is taken for noise: so much of what is in use, over the time that was judged. */
const noiseShare = 0.01;

/**
 * Memory does not grow when the interval of its slope contains zero, or when even its upper end is noise.
 *
 * The rule is not the first. It began with a shorter warm-up, and with the compiler's code counted as memory;
 * runs failed it, two heap snapshots showed that only code had grown, and it became this one. So a run that
 * passes it says less than if it had stood from the start, and a change of it needs as good a reason.
 */
export const slopeRule = `The slope of the memory is fitted to ${blockCount} blocks, after a warm-up of ${warmUpShare * 100}% of the run. Memory does not grow if the 95% interval of the slope contains zero. A slope also passes if the upper end of its interval adds less than ${noiseShare * 100}% over the judged time.`;

/** Applies the rule. */
export function grows({ low, high, mean: inUse }: Slope, judgedMinutes: number): boolean {
  if (low <= 0) return false;
  return high * judgedMinutes >= noiseShare * inUse;
}
