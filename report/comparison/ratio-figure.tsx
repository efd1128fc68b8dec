import type { Difference } from '../../bench/analysis/comparison.ts';
import { counted } from '../units.ts';
import { hasInterval, type RatioChart, type RatioMark, ratioChart } from './ratios.ts';
import { clearDifferences, type NamedRow } from './rows.ts';

/** Rows in the figure. The tables have all rows. */
const rowsMax = 16;

/**
 * Ratios with their intervals, one row each, around 1: the clear differences or, without any, the ratios closest
 * to a clear difference. SVG in the page with positions in percent: it grows with the window, prints sharply and
 * needs no script. No information is in colour alone.
 */
export function RatioFigure({ rows }: { rows: readonly NamedRow[] }) {
  const drawable = rows.filter(({ row }) => hasInterval(row));
  if (drawable.length === 0) return null;
  const clear = clearDifferences(drawable.map(({ row }) => row)).length;
  const shown = (clear > 0 ? drawable.filter(isClear) : drawable).toSorted(byDistance).slice(0, rowsMax);
  const chart = ratioChart(shown.map(({ row }) => row).filter(hasInterval));
  return (
    <figure class="figure" id="comparison-ratios">
      <figcaption>
        <h3>{clear > 0 ? 'Clear differences: B divided by A' : 'No clear difference: B divided by A'}</h3>
      </figcaption>
      <p class="note">{noteOf(shown.length, clear, drawable.length)}</p>
      <RatioLegend />
      <section class="ratios" aria-label={saysOf(shown, clear)}>
        {chart.rows.map((mark, place) => (
          <RatioRow mark={mark} named={shown[place] as NamedRow} chart={chart} key={place} />
        ))}
        <div class="row ratio-row">
          <svg class="compare-axis" width="100%" height="40" aria-hidden="true">
            {chart.ticks.map(({ at, text }) => (
              <text x={percent(at)} y="13" text-anchor="middle" key={at}>
                {text}
              </text>
            ))}
            <text x="0" y="33">
              ◂ lower in B
            </text>
            <text x="100%" y="33" text-anchor="end">
              higher in B ▸
            </text>
          </svg>
        </div>
      </section>
    </figure>
  );
}

function isClear({ row }: NamedRow): boolean {
  return row.difference !== 'no clear difference';
}

/** Clear differences by size; the others by how close their interval is to excluding 1. */
function byDistance(one: NamedRow, other: NamedRow): number {
  return distance(other) - distance(one);
}

function distance({ row }: NamedRow): number {
  if (!hasInterval(row)) return 0;
  const far = Math.abs(Math.log(row.ratio));
  if (row.difference !== 'no clear difference' || far === 0) return far;
  return far / Math.log(row.strict.high / row.strict.low);
}

function noteOf(shown: number, clear: number, drawable: number): string {
  if (clear === 0)
    return `${shown === drawable ? 'All' : `The ${shown} closest to a clear difference, of`} ${counted(drawable, 'ratio')} with an interval. Every strict interval contains 1.`;
  return shown === clear
    ? 'All clear differences, the largest first.'
    : `The ${shown} largest of ${clear} clear differences. The tables list all of them first.`;
}

function saysOf(shown: readonly NamedRow[], clear: number): string {
  const few = shown
    .slice(0, 5)
    .map(
      ({ experiment, condition, row, ratio, interval, words }) =>
        `${experiment}, ${condition}, ${row.quantity.name}: ratio ${ratio} (95%: ${interval}), ${words}`,
    );
  return `${clear > 0 ? 'Clear differences' : 'No clear difference'}, B divided by A. ${few.join('; ')}.`;
}

/** Heights in a row, in pixels. */
const rowHeight = 44;
const lineY = 22;

function RatioRow({ mark, named, chart }: { mark: RatioMark; named: NamedRow; chart: RatioChart }) {
  const { at, wide, strict } = mark;
  const { row, experiment, condition, ratio, interval, words } = named;
  return (
    <div class={`row ratio-row difference-${kindOf(row.difference)}`}>
      <p class="ratio-name">
        <b>{condition}</b>
        <span>
          {experiment} · {row.quantity.name}
        </span>
        <span class="ratio-words">
          ratio {ratio} ({interval}), {words}
        </span>
      </p>
      <svg width="100%" height={rowHeight} aria-hidden="true">
        {chart.ticks.map((tick) => (
          <line
            x1={percent(tick.at)}
            x2={percent(tick.at)}
            y1="0"
            y2={rowHeight}
            class={tick.at === 0.5 ? 'ratio-one' : 'compare-grid'}
            key={tick.at}
          />
        ))}
        <line x1={percent(strict.from)} x2={percent(strict.to)} y1={lineY} y2={lineY} class="ratio-strict" />
        <line x1={percent(wide.from)} x2={percent(wide.to)} y1={lineY} y2={lineY} class="ratio-wide" />
        {strict.cutLeft && <Cut at={0} path="M7-5 0 0 7 5" />}
        {strict.cutRight && <Cut at={1} path="M-7-5 0 0-7 5" />}
        <svg x={percent(at)} y={lineY} overflow="visible" aria-hidden="true">
          <DifferencePath difference={row.difference} />
        </svg>
      </svg>
    </div>
  );
}

/** An arrowhead where an interval continues beyond the axis. */
function Cut({ at, path }: { at: number; path: string }) {
  return (
    <svg x={percent(at)} y={lineY} overflow="visible" aria-hidden="true">
      <path d={path} class="ratio-cut" />
    </svg>
  );
}

function RatioLegend() {
  return (
    <p class="legend" aria-hidden="true">
      {(['higher', 'lower', 'no clear difference'] as const).map((difference) => (
        <span class={`difference-${kindOf(difference)}`} key={difference}>
          <DifferenceSign difference={difference} />
          {difference === 'no clear difference' ? difference : `${difference} in B`}
        </span>
      ))}
      <span>
        <svg width="34" height="18" class="difference-none" aria-hidden="true">
          <line x1="0" x2="34" y1="9" y2="9" class="ratio-strict" />
          <line x1="8" x2="26" y1="9" y2="9" class="ratio-wide" />
        </svg>
        95% interval (thick) and strict interval (thin)
      </span>
    </p>
  );
}

/** A shape next to its word: up, down, or a hollow disc. */
export function DifferenceSign({ difference }: { difference: Difference }) {
  return (
    <svg width="16" height="16" viewBox="-8 -8 16 16" class="difference-sign" aria-hidden="true">
      <DifferencePath difference={difference} />
    </svg>
  );
}

function DifferencePath({ difference }: { difference: Difference }) {
  if (difference === 'no clear difference') return <circle r="5" class="difference-hollow" />;
  return <path d={difference === 'higher' ? 'M0-7 7 5.5H-7Z' : 'M0 7 7-5.5H-7Z'} class="difference-filled" />;
}

/** The class name of a difference. */
export function kindOf(difference: Difference): 'higher' | 'lower' | 'none' {
  return difference === 'no clear difference' ? 'none' : difference;
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}
