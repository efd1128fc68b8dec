import type { ChartOptions } from 'chart.js';
import type { Axis } from '../charts/figure.ts';
import { writeTick } from '../units.ts';
import { colourOf } from './colours.ts';

type Scale = NonNullable<ChartOptions<'line' | 'bar' | 'scatter'>['scales']>[string];

/** A number axis. A logarithmic one names its decades only. */
export function numberAxis(axis: Axis): Scale {
  return {
    type: axis.scale,
    min: axis.min,
    max: axis.max,
    beginAtZero: axis.scale === 'linear',
    title: { display: true, text: axis.title, color: colourOf('quiet') },
    border: { color: colourOf('quiet') },
    grid: { color: colourOf('grid'), drawTicks: false },
    ticks: {
      padding: 8,
      maxRotation: 0,
      autoSkipPadding: 16,
      callback: (value: number | string) => {
        const isDecade = Math.abs(Math.log10(Number(value)) % 1) < 1e-9;
        return axis.scale === 'linear' || isDecade ? writeTick(Number(value), axis.unit) : null;
      },
    },
  } as Scale;
}

/** Rows from top to bottom, each with its name in at most two lines at the left. */
export function rowAxis(names: readonly string[]): Scale {
  return {
    type: 'linear',
    min: -0.5,
    max: names.length - 0.5,
    reverse: true,
    border: { display: false },
    grid: { display: false },
    afterBuildTicks: (scale: { ticks: { value: number }[] }) => {
      scale.ticks = names.map((_, value) => ({ value }));
    },
    ticks: {
      autoSkip: false,
      color: colourOf('ink'),
      font: { size: 13, lineHeight: 1.15 },
      callback: (value: number | string) => names[Number(value)]?.split(/ (?=\(|every )/) ?? '',
    },
  } as Scale;
}
