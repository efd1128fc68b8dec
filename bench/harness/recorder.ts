import * as hdr from 'hdr-histogram-js';
import { z } from 'zod';
import type { Delay, Histogram } from '../result.ts';

const shortestMs = 0.01;
const binsPerDecade = 20;
const longestMs = 600_000;
const binCount = Math.ceil(Math.log10(longestMs / shortestMs) * binsPerDecade) + 1;

/** All that a recorder holds, to be sent to another process: HdrHistogram's own encoding, and what it has not. */
export const recordingSchema = z.strictObject({
  histogram: z.string().refine(isHistogram, { error: 'expected a histogram in HdrHistogram’s encoding' }),
  bins: z.array(z.number().int().min(0)).length(binCount),
  sumMs: z.number().min(0),
  maxMs: z.number().min(0),
});

export type Recording = z.infer<typeof recordingSchema>;

/**
 * Keeps delays as counts, not as a list: three significant digits from a microsecond to ten minutes.
 */
export class Recorder {
  readonly #histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestMs * 1000,
    numberOfSignificantValueDigits: 3,
  });
  readonly #bins = new Array<number>(binCount).fill(0);
  #sumMs = 0;
  #maxMs = 0;

  /** One that holds what another process has recorded. Throws where that is no recording. */
  static of({ histogram, bins, sumMs, maxMs }: Recording): Recorder {
    const recorder = new Recorder();
    recorder.#histogram.add(hdr.decodeFromCompressedBase64(histogram));
    bins.forEach((count, bin) => {
      recorder.#bins[bin] = count;
    });
    recorder.#sumMs = sumMs;
    recorder.#maxMs = maxMs;
    return recorder;
  }

  /** All that it holds. */
  get recording(): Recording {
    return {
      histogram: hdr.encodeIntoCompressedBase64(this.#histogram),
      bins: [...this.#bins],
      sumMs: this.#sumMs,
      maxMs: this.#maxMs,
    };
  }

  /** Enters one delay. The clocks of two hosts may differ by more than a message took: nothing is younger than 0. */
  record(measuredMs: number): void {
    const delayMs = Math.max(0, measuredMs);
    this.#histogram.recordValue(Math.round(Math.min(longestMs, delayMs) * 1000));
    const bin = binOf(delayMs);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#sumMs += delayMs;
    this.#maxMs = Math.max(this.#maxMs, delayMs);
  }

  /** Adds all that another one holds: histograms are merged, percentiles never averaged. */
  add(other: Recorder): void {
    this.#histogram.add(other.#histogram);
    other.#bins.forEach((count, bin) => {
      this.#bins[bin] = (this.#bins[bin] ?? 0) + count;
    });
    this.#sumMs += other.#sumMs;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  /** The summary, in milliseconds. `null` stands where nothing was delivered. */
  get delay(): Delay {
    const count = this.#histogram.totalCount;
    return {
      count,
      mean: count === 0 ? null : this.#sumMs / count,
      p50: this.percentile(50),
      p90: this.percentile(90),
      p99: this.percentile(99),
      max: count === 0 ? null : this.#maxMs,
    };
  }

  /** The delay that so many percent do not exceed, in milliseconds; `null` where nothing was delivered. */
  percentile(percent: number): number | null {
    return this.#histogram.totalCount === 0 ? null : this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  /** The counts in geometric bins: `binsPerDecade` to a power of ten. Empty bins are left out. */
  get bins(): Histogram {
    const bins: Histogram = { upToMs: [], count: [] };
    this.#bins.forEach((count, index) => {
      if (count === 0) return;
      bins.upToMs.push(Number((shortestMs * 10 ** (index / binsPerDecade)).toPrecision(6)));
      bins.count.push(count);
    });
    return bins;
  }
}

function isHistogram(text: string): boolean {
  try {
    hdr.decodeFromCompressedBase64(text);
    return true;
  } catch {
    return false;
  }
}

/** The bin of a delay: bin `i` ends at `shortestMs · 10^(i / binsPerDecade)`. */
function binOf(delayMs: number): number {
  const index = Math.ceil(Math.log10(delayMs / shortestMs) * binsPerDecade);
  return Math.min(binCount - 1, Math.max(0, index));
}
