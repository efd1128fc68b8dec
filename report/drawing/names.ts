import type { Chart, Plugin } from 'chart.js';
import type { LinePanel, LineSeries } from '../charts/figure.ts';
import { colourOf } from './colours.ts';

/** On a canvas narrower than this the legend alone names the lines. */
const widthMinPx = 480;
const heightPx = 17;

/**
 * Writes each line's name next to the line, so that readers need no legend. Tries places along the line until the
 * name covers neither a line nor another name. A thin line connects a distant name with its line. A name that fits
 * nowhere is only in the legend.
 */
export function nameLines({ series, labels }: LinePanel): Plugin {
  return {
    id: 'names',
    afterDatasetsDraw(chart) {
      if (chart.width < widthMinPx) return;
      const { ctx } = chart;
      ctx.save();
      ctx.textBaseline = 'middle';
      const taken: Box[] = [];
      series.forEach((line, index) => {
        if (!isNamed(line, labels)) return;
        ctx.font = `${line.role === 'model' ? 'italic 500 13px' : '600 14px'} ${chart.options.font?.family}`;
        const points = pixelsOf(chart, index);
        const others = series.flatMap((_, other) => (other === index ? [] : [pixelsOf(chart, other)]));
        const isFree = ({ box }: Place) =>
          inside(box, chart) &&
          !taken.some((other) => overlap(box, other)) &&
          ![...others, points].some((path) => crosses(path, box));
        const isTiedFreely = (place: Place) => !others.some((path) => crosses(path, tieOf(place)));
        const places = placesFor(points, ctx.measureText(line.name).width, labels);
        const place = places.find((some) => isFree(some) && isTiedFreely(some)) ?? places.find(isFree);
        if (!place) return;
        taken.push(place.box);
        write(ctx, line, place);
      });
      ctx.restore();
    },
  };
}

type Pixel = { x: number; y: number };
type Box = { left: number; right: number; top: number; bottom: number };
type Place = { from: Pixel; box: Box };

function isNamed({ role, points, unnamed }: LineSeries, labels: LinePanel['labels']): boolean {
  return points.length > 0 && !unnamed && (role === 'measured' || (role === 'model' && labels === 'end'));
}

function pixelsOf(chart: Chart, index: number): Pixel[] {
  const { chartArea } = chart;
  return chart
    .getDatasetMeta(index)
    .data.map(({ x, y }) => ({ x, y }))
    .filter(({ x }) => x >= chartArea.left - 1 && x <= chartArea.right + 1);
}

/** Possible places of a name, best first: near the end of a line, or half way up; close to it, or further away. */
function placesFor(points: readonly Pixel[], width: number, labels: LinePanel['labels']): Place[] {
  const shares = labels === 'end' ? [1, 0.85, 0.7, 0.55, 0.4] : [0.5, 0.62, 0.38, 0.74, 0.26, 0.86, 0.14];
  const offsets = [0, -heightPx, heightPx, -2 * heightPx, 2 * heightPx, -3 * heightPx, 3 * heightPx];
  return [10, 26, 60, 110, 170].flatMap((distance) =>
    shares.flatMap((share) => {
      const from = labels === 'end' ? atShare(points, share) : atHeight(points, share);
      return offsets.flatMap((offset) =>
        [from.x + distance, from.x - distance - width].map((left) => ({
          from,
          box: boxAt(left, from.y + offset, width),
        })),
      );
    }),
  );
}

function atShare(points: readonly Pixel[], share: number): Pixel {
  return points[Math.round((points.length - 1) * share)] ?? { x: 0, y: 0 };
}

/** Where a line is at a share of its own height. */
function atHeight(points: readonly Pixel[], share: number): Pixel {
  const low = Math.max(...points.map(({ y }) => y));
  const high = Math.min(...points.map(({ y }) => y));
  const y = low + (high - low) * share;
  const after = points.findIndex((point) => point.y <= y);
  const [a, b] = [points[after - 1], points[after]];
  if (!a || !b) return b ?? { x: 0, y: 0 };
  return { x: a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y || 1), y };
}

function boxAt(left: number, y: number, width: number): Box {
  return { left, right: left + width, top: y - heightPx / 2, bottom: y + heightPx / 2 };
}

function inside({ left, right, top, bottom }: Box, { chartArea, width }: Chart): boolean {
  return left > chartArea.left + 4 && right < width - 2 && top > 0 && bottom < chartArea.bottom - 2;
}

/** The room between a name and its line. */
function tieOf({ from, box }: Place): Box {
  const y = (box.top + box.bottom) / 2;
  const isRight = box.left > from.x;
  return {
    left: isRight ? from.x + 6 : box.right,
    right: isRight ? box.left : from.x - 6,
    top: Math.min(from.y, y) - 1,
    bottom: Math.max(from.y, y) + 1,
  };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Whether a line crosses a box or its margin. */
function crosses(path: readonly Pixel[], { left, right, top, bottom }: Box): boolean {
  const box = { left: left - 3, right: right + 3, top, bottom };
  return path.some((to, index) => passes(path[index - 1] ?? to, to, box));
}

/** Whether a segment has a part inside a box (Liang and Barsky). */
function passes(from: Pixel, to: Pixel, { left, right, top, bottom }: Box): boolean {
  // Most segments are far away.
  if (from.x < left && to.x < left) return false;
  if (from.x > right && to.x > right) return false;
  const [alongX, alongY] = [to.x - from.x, to.y - from.y];
  const sides = [
    [-alongX, from.x - left],
    [alongX, right - from.x],
    [-alongY, from.y - top],
    [alongY, bottom - from.y],
  ] as const;
  let [enters, leaves] = [0, 1];
  for (const [towards, distance] of sides) {
    if (towards === 0 && distance <= 0) return false;
    if (towards < 0) enters = Math.max(enters, distance / towards);
    if (towards > 0) leaves = Math.min(leaves, distance / towards);
  }
  return enters < leaves;
}

function write(ctx: CanvasRenderingContext2D, line: LineSeries, { from, box }: Place): void {
  const y = (box.top + box.bottom) / 2;
  const nearX = box.left > from.x ? box.left - 4 : box.right + 4;
  ctx.strokeStyle = colourOf(line.transport);
  if (Math.abs(nearX - from.x) > 8 || Math.abs(y - from.y) > heightPx / 2) {
    ctx.lineWidth = 1;
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(from.x, from.y);
    ctx.lineTo(nearX, y);
    ctx.stroke();
  }
  ctx.lineWidth = 4;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = colourOf('panel');
  ctx.strokeText(line.name, box.left, y);
  ctx.fillStyle = colourOf(line.transport);
  ctx.fillText(line.name, box.left, y);
}
