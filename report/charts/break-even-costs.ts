import type { Fit } from '../../bench/result.ts';
import { listed, nothing } from '../units.ts';
import type { Figure } from './figure.ts';
import { countCell, numberCell, numberColumn, wordCell, wordColumn } from './table.ts';

/** The costs that were fitted, and what a framework adds to a poll. */
export function costsFigure(all: readonly Fit[]): Figure | undefined {
  const fits = all.filter(({ experiment }) => experiment === 'break-even');
  if (fits.length === 0) return undefined;
  const tax = frameworkTax(fits);
  const vague = fits.filter(({ low }) => low <= 0).map(({ title }) => `“${title}”`);
  return {
    id: 'break-even-costs',
    title: 'What a poll, a message in its answer and a pushed message cost',
    notes: [
      'Least squares over all cells of the grid, with 95 % intervals. They hold for loads like these, on this machine.',
      ...(vague.length > 0
        ? [
            `The interval reaches down to nothing for ${listed(vague)}: too few runs to say more than an order of magnitude.`,
          ]
        : []),
    ],
    panels: [],
    table: {
      id: 'break-even-costs-table',
      caption:
        'Microseconds of server processor time. No cost is below nothing, so no interval is written so.',
      staysOpen: true,
      columns: [
        wordColumn('what'),
        numberColumn('cost', 'µs'),
        numberColumn('95 % from', 'µs'),
        numberColumn('to', 'µs'),
        numberColumn('trials'),
      ],
      rows: [...fits, ...(tax ? [tax] : [])].map(({ title, value, low, high, n }) => [
        wordCell(title),
        numberCell(value),
        numberCell(Math.max(0, low)),
        numberCell(high),
        n === undefined ? wordCell(nothing) : countCell(n),
      ]),
    },
  };
}

/** The two fits share the pushed trials only, so their errors are taken to be independent. */
function frameworkTax(
  fits: readonly Fit[],
): (Pick<Fit, 'title' | 'value' | 'low' | 'high'> & { n?: number }) | undefined {
  const express = fits.find(({ name }) => name === 'poll/express');
  const bare = fits.find(({ name }) => name === 'poll/http');
  if (!express || !bare) return undefined;
  const value = express.value - bare.value;
  const half = Math.hypot(express.high - express.value, bare.high - bare.value);
  return {
    title: 'the framework’s tax: a poll on Express less one on bare HTTP',
    value,
    low: value - half,
    high: value + half,
  };
}
