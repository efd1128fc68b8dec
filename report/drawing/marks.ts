import type { PluginOptionsByType } from 'chart.js';
import type {} from 'chartjs-plugin-annotation';
import type { AnyTransportName } from '../../clients/transports.ts';
import type { LinePanel, Shade } from '../charts/figure.ts';
import { colourOf, faint } from './colours.ts';

type Mark = Extract<PluginOptionsByType<'bar'>['annotation']['annotations'], unknown[]>[number];

/** Lines and labels on rows of bars and dots. `place` is the row, from 0. */

/** A text right of a value. */
export function mark(text: string, x: number, place: number, color: string): Mark {
  return {
    type: 'label',
    content: text,
    xValue: x,
    yValue: place,
    position: { x: 'start', y: 'center' },
    xAdjust: 4,
    color,
    font: { size: 14, weight: 600 },
    padding: 2,
  };
}

/** Across a row at one value: the model, dashed. */
export function modelStroke(x: number, place: number): Mark {
  return { ...stroke({ x, y: [place - 0.46, place + 0.46] }, colourOf('ink'), 2), borderDash: [4, 3] };
}

/** Along a row: from the smallest run to the largest. */
export function rangeStroke(low: number, high: number, place: number): Mark {
  return stroke({ x: [low, high], y: place }, colourOf('ink'), 1.5);
}

/** Across a row: the time at which a client had caught up. */
export function caughtUpStroke(x: number, place: number, transport: AnyTransportName): Mark {
  return stroke({ x, y: [place - 0.4, place + 0.4] }, colourOf(transport), 3);
}

/** A published value: a vertical line through the whole chart, its text next to that of the next line. */
export function limitStroke(limit: NonNullable<LinePanel['limits']>[number], place: number): Mark {
  const position = place % 2 === 0 ? '42%' : '58%';
  return named(stroke({ x: limit.x }, colourOf(limit.transport), 1.5), limit.text, {
    position,
    backgroundColor: colourOf('panel'),
    padding: 3,
  });
}

/** A limit for the lines, with its name above the left end. */
export function boundStroke({ y, text }: NonNullable<LinePanel['bound']>): Mark {
  return named(stroke({ y }, colourOf('ink'), 1.5), text, {
    position: 'start',
    yAdjust: -11,
    backgroundColor: 'transparent',
    padding: 1,
  });
}

/** A special period: a pale box behind the chart, with its name at the top. */
export function shadeBox({ from, to, text }: Shade): Mark {
  return {
    type: 'box',
    xMin: from,
    xMax: to,
    drawTime: 'beforeDatasetsDraw',
    backgroundColor: faint(colourOf('quiet'), 0.13),
    borderWidth: 0,
    label: {
      display: true,
      content: text,
      position: { x: 'center', y: 'start' },
      color: colourOf('quiet'),
      font: { size: 13 },
      padding: 2,
    },
  };
}

type Range = number | [from: number, to: number];
type LineMark = Extract<Mark, { type?: 'line' }>;

/** A straight line at one value or between two; without a value, through the whole chart. */
function stroke({ x, y }: { x?: Range; y?: Range }, borderColor: string, borderWidth: number): LineMark {
  const [xMin, xMax = xMin] = [x ?? []].flat();
  const [yMin, yMax = yMin] = [y ?? []].flat();
  return { type: 'line', xMin, xMax, yMin, yMax, borderColor, borderWidth };
}

/** A dashed line with its name. */
function named(line: LineMark, content: string, label: NonNullable<LineMark['label']>): Mark {
  return {
    ...line,
    borderDash: [6, 3],
    label: {
      display: true,
      content,
      color: line.borderColor as string,
      font: { size: 13, weight: 600 },
      ...label,
    },
  };
}
