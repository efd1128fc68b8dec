import type { PluginOptionsByType } from 'chart.js';
import type {} from 'chartjs-plugin-annotation';
import type { LinePanel } from '../charts/figure.ts';
import { colourOf } from './colours.ts';

type Mark = Extract<PluginOptionsByType<'bar'>['annotation']['annotations'], unknown[]>[number];

/** What stands on rows of bars and dots beside the bars and dots themselves. `place` is the row, from 0. */

/** A word or a figure right of a value. */
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

/** What the model says: a dashed stroke across the row. */
export function modelStroke(x: number, place: number): Mark {
  return {
    type: 'line',
    xMin: x,
    xMax: x,
    yMin: place - 0.46,
    yMax: place + 0.46,
    borderColor: colourOf('ink'),
    borderWidth: 2,
    borderDash: [4, 3],
  };
}

/** From the smallest run to the largest. */
export function rangeStroke(low: number, high: number, place: number): Mark {
  return {
    type: 'line',
    xMin: low,
    xMax: high,
    yMin: place,
    yMax: place,
    borderColor: colourOf('ink'),
    borderWidth: 1.5,
  };
}

/** What others published: an upright stroke through the whole chart, its words beside those of the next stroke. */
export function limitStroke(limit: NonNullable<LinePanel['limits']>[number], place: number): Mark {
  return {
    type: 'line',
    xMin: limit.x,
    xMax: limit.x,
    borderColor: colourOf(limit.transport),
    borderWidth: 1.5,
    borderDash: [6, 3],
    label: {
      display: true,
      content: limit.text,
      position: place % 2 === 0 ? '42%' : '58%',
      color: colourOf(limit.transport),
      backgroundColor: colourOf('panel'),
      font: { size: 13, weight: 600 },
      padding: 3,
    },
  };
}
