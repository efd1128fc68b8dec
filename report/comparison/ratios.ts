import type { Bounds, ComparedRow } from '../../bench/analysis/comparison.ts';
import { threeDigits } from '../units.ts';

/** Ratios with their intervals on one logarithmic axis whose middle is 1. Places are shares of its length. */
export type RatioChart = { ticks: { at: number; text: string }[]; rows: RatioMark[] };

/** `wide` is the 95 % interval, `strict` the one that has to leave out 1. */
export type RatioMark = { row: ComparedRow; at: number; wide: Span; strict: Span };

/** Where an interval begins and ends; an end that lies beyond the axis stands at its end, cut off. */
export type Span = { from: number; to: number; cutLeft: boolean; cutRight: boolean };

/** A row that can be drawn. */
export type RowWithInterval = ComparedRow & { ratio: number; interval: Bounds; strict: Bounds };

export function hasInterval(row: ComparedRow): row is RowWithInterval {
  return row.ratio !== undefined && row.interval !== undefined && row.strict !== undefined;
}

/** The axis reaches as far as the ratios do, and their 95 % intervals within reason, alike to both sides. */
export function ratioChart(rows: readonly RowWithInterval[]): RatioChart {
  const ratios = farthest(rows.map(({ ratio }) => ratio));
  const intervals = farthest(rows.flatMap(({ interval }) => [interval.low, interval.high]));
  const end = 1.1 * Math.max(endMin, ratios, Math.min(intervals, intervalEndMax));
  const at = (ratio: number) => 0.5 + (0.5 * Math.log(ratio)) / Math.log(end);
  return {
    ticks: ticksUpTo(end).map((ratio) => ({ at: at(ratio), text: threeDigits(ratio) })),
    rows: rows.map((row) => ({
      row,
      at: at(row.ratio),
      wide: spanOf(row.interval, at),
      strict: spanOf(row.strict, at),
    })),
  };
}

/** How far from 1 an axis reaches at least, and how far it follows an interval before it cuts it. */
const endMin = 1.1;
const intervalEndMax = 30;

/** How many times as much or as little as 1 the farthest of some ratios is. */
function farthest(ratios: readonly number[]): number {
  return Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio)));
}

function spanOf({ low, high }: Bounds, at: (ratio: number) => number): Span {
  const [from, to] = [at(low), at(high)];
  return { from: Math.max(0, from), to: Math.min(1, to), cutLeft: from < 0, cutRight: to > 1 };
}

/** 1 in the middle, and two round ratios with their reciprocals to either side. */
function ticksUpTo(end: number): number[] {
  const outer = roundRatios.filter((ratio) => ratio < end * 0.999).at(-1) ?? end;
  const inner = roundRatios.filter((ratio) => ratio <= Math.sqrt(outer) * 1.2).at(-1);
  const above = inner && inner < outer ? [inner, outer] : [outer];
  return [...above.map((ratio) => 1 / ratio).reverse(), 1, ...above];
}

const roundRatios = [1.02, 1.05, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000, 10_000, 100_000, 1_000_000];
