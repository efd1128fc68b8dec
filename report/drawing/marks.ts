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

/** The model: a dashed line across the row. */
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

/** A published value: a vertical line through the whole chart, its text next to that of the next line. */
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

/** A limit for the lines, with its name above the left end. */
export function boundStroke({ y, text }: NonNullable<LinePanel['bound']>): Mark {
  return {
    type: 'line',
    yMin: y,
    yMax: y,
    borderColor: colourOf('ink'),
    borderWidth: 1.5,
    borderDash: [6, 3],
    label: {
      display: true,
      content: text,
      position: 'start',
      yAdjust: -11,
      color: colourOf('ink'),
      backgroundColor: 'transparent',
      font: { size: 13, weight: 600 },
      padding: 1,
    },
  };
}

/** The time at which a client had caught up: a line across its row. */
export function caughtUpStroke(x: number, place: number, transport: AnyTransportName): Mark {
  return {
    type: 'line',
    xMin: x,
    xMax: x,
    yMin: place - 0.4,
    yMax: place + 0.4,
    borderColor: colourOf(transport),
    borderWidth: 3,
  };
}
