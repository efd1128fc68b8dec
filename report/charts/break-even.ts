import { fitCpuCosts } from '../../bench/analysis/cpu-costs.ts';
import { runsForVerdict } from '../../bench/analysis/interval.ts';
import { ipBytesPerSecond } from '../../bench/analysis/ip-bytes-of-trial.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Fit, Result, Trial } from '../../bench/result.ts';
import { counted, listed, nothing, threeDigits, writeMs } from '../units.ts';
import { predictedLine, predictionNotes } from './break-even-line.ts';
import { type BarPanel, type Figure, type MapPanel, roundAbove } from './figure.ts';
import { lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';
import { type Contest, contestsOf, type Framework, type Price, winnerCell } from './winners.ts';

/**
 * When does polling cost the server less than push? Who won in each cell of the grid, by processor time,
 * bytes and freshness; what one delivery costs by every transport; and the costs behind it all.
 */
export function breakEvenFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'break-even');
  const figures = [winnersFigure(result, trials), deliveriesFigure(trials), fitsFigure(result.fits)];
  return figures.filter((figure) => figure !== undefined);
}

const frameworks: { id: Framework; name: string }[] = [
  { id: 'express', name: 'Express' },
  { id: 'http', name: 'bare HTTP' },
];

const cpu: Price = {
  title: 'Server processor time',
  times: 'times less',
  unit: 'ms/s per client',
  of: ({ server, durationMs, clients }) => (server.cpuMs * 1000) / durationMs / clients.count,
};

const bytes: Price = {
  title: 'Bytes of IP in both directions',
  times: 'times fewer',
  unit: 'B/s per client',
  of: ipBytesPerSecond,
};

const freshness: Price = {
  title: 'Mean age of a message',
  times: 'times fresher',
  unit: 'ms',
  of: ({ delayMs }) => delayMs.mean ?? undefined,
};

function winnersFigure(result: Result, trials: readonly Trial[]): Figure | undefined {
  const grids = frameworks.flatMap(({ id, name }) => {
    const contests = contestsOf(trials, id);
    return contests.length > 0 ? [{ id, name, contests, costs: fitCpuCosts(trials, id) }] : [];
  });
  // Bytes and age hardly depend on the framework, so one map of each is enough: the leanest server's.
  const last = grids.at(-1);
  if (!last) return undefined;
  return {
    id: 'break-even-winners',
    title: 'Push or short poll: who took less, and how many times less',
    notes: [
      ...runsNotes(last.contests),
      ...grids.flatMap(({ name, costs, contests }) => predictionNotes(name, costs, contests)),
      'Bytes of IP follow from the application bytes by arithmetic: 52 bytes of headers for each segment and each acknowledgement.',
      ...leftOutNotes(result, 'break-even'),
    ],
    panels: [
      ...grids.map(({ id, name, contests, costs }) =>
        mapPanel(`break-even-cpu-${id}`, `${cpu.title}: polls on ${name}`, cpu, contests, costs),
      ),
      mapPanel('break-even-bytes', `${bytes.title}: polls on ${last.name}`, bytes, last.contests),
      mapPanel('break-even-age', `${freshness.title}: polls on ${last.name}`, freshness, last.contests),
    ],
    table: winnersTable(grids),
  };
}

function runsNotes(contests: readonly Contest[]): string[] {
  const runs = Math.min(...contests.map(({ pairs }) => pairs.length));
  return runs < runsForVerdict
    ? [
        `Each cell rests on ${counted(runs, 'run')}, so every winner is provisional: under ${runsForVerdict} runs nothing tells a difference from luck.`,
      ]
    : [
        `Each cell rests on ${counted(runs, 'run')}, push and poll paired. Hatched: the interval of their ratio holds 1, so there is no clear difference.`,
      ];
}

function mapPanel(
  id: string,
  title: string,
  price: Price,
  contests: readonly Contest[],
  costs?: ReturnType<typeof fitCpuCosts>,
): MapPanel {
  const rates = distinct(contests.map(({ ratePerSecond }) => ratePerSecond));
  const intervalsMs = distinct(contests.map(({ intervalMs }) => intervalMs));
  const at = (ratePerSecond: number, intervalMs: number) =>
    contests.find((one) => one.ratePerSecond === ratePerSecond && one.intervalMs === intervalMs);
  const cells = intervalsMs
    .toReversed()
    .map((intervalMs) => rates.map((rate) => winnerCell(at(rate, intervalMs), price)));
  const line = costs && predictedLine(costs, rates, intervalsMs);
  return {
    kind: 'map',
    id,
    title,
    says: `${title}. ${contests.map((contest) => contestWords(contest, price)).join('; ')}.`,
    size: 'half',
    columns: { title: 'messages a second', names: rates.map(threeDigits) },
    rows: { title: 'poll interval', names: intervalsMs.toReversed().map(writeMs) },
    cells,
    ...(line && { line }),
  };
}

function contestWords(contest: Contest, price: Price): string {
  const { name, text } = winnerCell(contest, price);
  return `${threeDigits(contest.ratePerSecond)} a second, polled every ${writeMs(contest.intervalMs)}: ${name}, ${text}`;
}

function winnersTable(grids: readonly { name: string; contests: Contest[] }[]): Table {
  return {
    id: 'break-even-winners-table',
    caption:
      'Push and short poll in the same runs, per client. With several runs: the median run, and the smallest to the largest.',
    columns: [
      wordColumn('polls on'),
      numberColumn('rate', '/s'),
      numberColumn('interval', 'ms'),
      numberColumn('runs'),
      ...[cpu, bytes, freshness].flatMap(({ title, unit }) => [
        numberColumn(`${title}: push`, unit),
        numberColumn('poll', unit),
      ]),
      wordColumn('less processor time'),
    ],
    rows: grids.flatMap(({ name, contests }) =>
      contests.map((contest) => {
        const { pairs, ratePerSecond, intervalMs } = contest;
        const winner = winnerCell(contest, cpu);
        return [
          wordCell(name),
          numberCell(ratePerSecond),
          numberCell(intervalMs),
          countCell(pairs.length),
          ...[cpu, bytes, freshness].flatMap(({ of }) => [
            spreadCell(spread(pairs.map(({ push }) => of(push)))),
            spreadCell(spread(pairs.map(({ poll }) => of(poll)))),
          ]),
          wordCell(`${winner.name}: ${winner.text}`),
        ];
      }),
    ),
  };
}

/** What one delivered message costs by each transport. A panel for each load: costs compare at one load only. */
function deliveriesFigure(trials: readonly Trial[]): Figure | undefined {
  const sides = trials.filter(({ transport }) => transport === 'sse' || transport === 'long-poll');
  const bursts = trials.filter(({ parameters }) => parameters.schedule === 'burst');
  const loads = [
    ...distinct(sides.map(({ parameters }) => parameters.ratePerSecond)).map((rate) => ({
      id: `break-even-delivery-${rate}`.replaceAll('.', '-'),
      title: `${counted(rate, 'message')} a second, one by one`,
      trials: trials.filter(
        ({ transport, parameters }) =>
          transport !== 'short-poll' && parameters.schedule !== 'burst' && parameters.ratePerSecond === rate,
      ),
    })),
    {
      id: 'break-even-delivery-burst',
      title: `${counted(bursts[0]?.parameters.ratePerSecond ?? 0, 'message')} a second, in bursts of ten`,
      trials: bursts,
    },
  ].filter(({ trials }) => trials.length > 0);
  if (loads.length === 0) return undefined;
  return {
    id: 'break-even-deliveries',
    title: 'Processor time of the server for one delivered message',
    notes: [
      'Each panel has its own scale. A delivery costs more when deliveries are rare, because the process has to be woken: compare bars within a panel, not across.',
    ],
    panels: loads.map(deliveryPanel),
    table: deliveryTable(loads),
  };
}

type Load = { id: string; title: string; trials: Trial[] };

function deliveryPanel({ id, title, trials }: Load, index: number, all: readonly Load[]): BarPanel {
  const rows = lanesOf(trials).map(({ name, transport, trials: own }) => {
    const value = spread(own.map(deliveryUs));
    return {
      name,
      transport,
      value: value ? value.median : null,
      text: value ? threeDigits(value.median) : nothing,
      ...(value && value.runs > 1 && { low: value.low, high: value.high }),
    };
  });
  return {
    kind: 'bars',
    id,
    title,
    says: `${title}, µs of server processor time for one delivery: ${rows.map(({ name, text }) => `${name} ${text}`).join(', ')}.`,
    size: index === all.length - 1 && all.length % 2 === 1 ? 'wide' : 'half',
    x: {
      title: 'µs per delivery',
      scale: 'linear',
      unit: 'number',
      min: 0,
      max: roundAbove(Math.max(...rows.map(({ value, high }) => Math.max(value ?? 0, high ?? 0)))),
    },
    rows,
  };
}

function deliveryUs({ server, messages }: Trial): number | undefined {
  return messages.delivered > 0 ? (server.cpuMs * 1000) / messages.delivered : undefined;
}

function deliveryTable(loads: readonly Load[]): Table {
  return {
    id: 'break-even-deliveries-table',
    caption: 'With several runs: the median run, and the smallest to the largest.',
    columns: [
      wordColumn('load'),
      wordColumn('transport'),
      numberColumn('runs'),
      numberColumn('delivered'),
      numberColumn('requests per message'),
      numberColumn('server CPU', 'µs per delivery'),
    ],
    rows: loads.flatMap(({ title, trials }) =>
      lanesOf(trials).map((lane) => [
        wordCell(title),
        wordCell(lane.name),
        countCell(lane.trials.length),
        countCell(lane.trials.reduce((sum, { messages }) => sum + messages.delivered, 0)),
        spreadCell(
          spread(
            lane.trials.map(({ requests, messages }) =>
              messages.delivered > 0 ? requests.total / messages.delivered : undefined,
            ),
          ),
        ),
        spreadCell(spread(lane.trials.map(deliveryUs))),
      ]),
    ),
  };
}

/** The costs that were fitted, and what a framework adds to a poll. */
function fitsFigure(all: readonly Fit[]): Figure | undefined {
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

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
