import { mean } from 'simple-statistics';
import { fitCosts } from '../../analysis/costs.ts';

/** A value over time, and the line through it. */
export type Slope = {
  perMinute: number;
  /** The 95% confidence interval of the slope. */
  low: number;
  high: number;
  mean: number;
  /** Number of blocks that the line is fitted to. */
  blocks: number;
};

/** Share of a run that counts as warm-up: the log fills, and the compiler adds code and metadata to the heap. */
export const warmUpShare = 0.5;

/** Blocks of the rest. Neighbouring samples correlate; the means of blocks do so much less. */
const blockCount = 15;

/** A shorter run proves nothing: code is still being compiled, and a new heap settles for minutes. */
const judgedFromMs = 5 * 60_000;

/**
 * Least squares through the means of equal blocks of time after the warm-up, with Student's interval for the slope.
 * Returns `undefined` for a run under five minutes, or with fewer than three samples in a block.
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
    x: { minutes: mean(block.map(({ atMs }) => atMs)) / 60_000 },
    y: mean(block.map(({ value }) => value)),
  }));
  const { value: perMinute, low, high } = fitCosts(points, ['minutes']).costs.minutes;
  return { perMinute, low, high, mean: mean(points.map(({ y }) => y)), blocks: blockCount };
}

/** Growth over the judged time that counts as noise, as a share of the memory in use. */
const noiseShare = 0.01;

/**
 * An earlier rule had a shorter warm-up and counted compiled code as memory. Runs failed it, and two heap snapshots
 * showed that only code had grown. Because the rule was changed after a failure, a run that passes proves less; change it
 * only for an equally good reason.
 */
export const slopeRule = `The slope of the memory is fitted to ${blockCount} blocks, after a warm-up of ${warmUpShare * 100}% of the run. Memory does not grow if the 95% interval of the slope contains zero. A slope also passes if the upper end of its interval adds less than ${noiseShare * 100}% over the judged time.`;

/** Applies the rule. */
export function grows({ low, high, mean: inUse }: Slope, judgedMinutes: number): boolean {
  if (low <= 0) return false;
  return high * judgedMinutes >= noiseShare * inUse;
}
