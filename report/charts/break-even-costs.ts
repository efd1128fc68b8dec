import { frameworkOverhead } from '../../bench/analysis/break-even.ts';
import type { Fit } from '../../bench/result.ts';
import { listed, nothing } from '../units.ts';
import type { Figure } from './figure.ts';
import { countCell, numberCell, numberColumn, wordCell, wordColumn } from './table.ts';

/** The costs that were fitted, and what a framework adds to a poll. */
export function costsFigure(all: readonly Fit[]): Figure | undefined {
  const fits = all.filter(({ experiment }) => experiment === 'break-even');
  if (fits.length === 0) return undefined;
  const overhead = overheadOf(fits);
  const vague = fits.filter(({ low }) => low <= 0).map(({ title }) => `“${title}”`);
  return {
    id: 'break-even-costs',
    title: 'Fitted server CPU per poll and per message',
    notes: [
      'Costs fitted by least squares over all cells of the grid, with 95% intervals. The costs are valid for similar loads on this machine.',
      ...(vague.length > 0
        ? [`The interval reaches below 0 for ${listed(vague)}: too few runs to determine that cost.`]
        : []),
    ],
    panels: [],
    table: {
      id: 'break-even-costs-table',
      caption:
        'Server CPU in microseconds, with 95% intervals. Where an interval reaches below 0, the cost may be 0.',
      staysOpen: true,
      columns: [
        wordColumn('poll or message'),
        numberColumn('server CPU', 'µs'),
        numberColumn('95% interval from', 'µs'),
        numberColumn('95% interval to', 'µs'),
        numberColumn('trials'),
      ],
      rows: [...fits, ...(overhead ? [overhead] : [])].map(({ title, value, low, high, n }) => [
        wordCell(title),
        numberCell(value),
        numberCell(low),
        numberCell(high),
        n === undefined ? wordCell(nothing) : countCell(n),
      ]),
    },
  };
}

function overheadOf(
  fits: readonly Fit[],
): (Pick<Fit, 'title' | 'value' | 'low' | 'high'> & { n?: number }) | undefined {
  const express = fits.find(({ name }) => name === 'poll/express');
  const bare = fits.find(({ name }) => name === 'poll/http');
  if (!express || !bare) return undefined;
  return {
    title: 'framework overhead: poll on Express minus poll on bare HTTP',
    ...frameworkOverhead(express, bare),
  };
}
