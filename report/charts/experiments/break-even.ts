import { frameworkOverhead } from '../../../bench/analysis/break-even.ts';
import { fitCpuCosts } from '../../../bench/analysis/cpu-costs.ts';
import { runsForVerdict } from '../../../bench/analysis/interval.ts';
import { ipBytesPerSecond, segmentHeaderBytes } from '../../../bench/analysis/ip-bytes.ts';
import { spread } from '../../../bench/analysis/statistics.ts';
import type { Fit, Result, Trial } from '../../../bench/result.ts';
import { counted, listed, nothing, sentencePer, threeDigits, writeMs } from '../../units.ts';
import type { Figure, MapPanel } from '../figure.ts';
import { byValue, distinct, lanesOf, leftOutNotes, usableTrials } from '../lanes.ts';
import { cpuPerDelivery, type DrawnMetric, requestsEach } from '../metrics.ts';
import { bars } from '../panels.ts';
import {
  type ColumnOf,
  counts,
  medians,
  names,
  numbers,
  runsColumn,
  severalRuns,
  spreadCell,
  tableOf,
  words,
} from '../table.ts';
import {
  type Contest,
  contestsOf,
  type Framework,
  type Prize,
  predictedLine,
  predictionNotes,
  winnerCell,
} from './break-even-grid.ts';

/**
 * When does polling cost the server less than push? Who won in each cell of the grid, by server CPU,
 * bytes and freshness; what one delivery costs by every transport; and the costs behind it all.
 */
export function breakEvenFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'break-even');
  return [...winnersFigure(result, trials), ...deliveriesFigure(trials), ...costsFigure(result.fits)];
}

const frameworks: { id: Framework; name: string }[] = [
  { id: 'express', name: 'Express' },
  { id: 'http', name: 'bare HTTP' },
];

const cpu: Prize = {
  name: 'Server CPU',
  times: 'times less CPU',
  unit: 'ms/s per client',
  read: ({ server, durationMs, clients }) => (server.cpuMs * 1000) / durationMs / clients.count,
};

const bytes: Prize = {
  name: 'IP bytes in both directions',
  times: 'times fewer bytes',
  unit: 'B/s per client',
  read: ipBytesPerSecond,
};

const latency: Prize = {
  name: 'Mean latency',
  times: 'times lower latency',
  unit: 'ms',
  read: ({ delayMs }) => delayMs.mean,
};

/** Maps of the winners: server CPU on each framework with the predicted line, then bytes and latency. */
function winnersFigure(result: Result, trials: readonly Trial[]): Figure[] {
  const grids = frameworks.flatMap(({ id, name }) => {
    const contests = contestsOf(trials, id);
    return contests.length > 0 ? [{ id, name, contests, costs: fitCpuCosts(trials, id) }] : [];
  });
  // Bytes and latency hardly depend on the framework, so one map of each is enough: the leanest server's.
  const last = grids.at(-1);
  if (!last) return [];
  const titleOf = ({ name }: Prize, framework: string) => `${name}: push or short poll on ${framework}`;
  return [
    {
      id: 'break-even-winners',
      title: 'Push or short poll: which costs less, and by what factor?',
      notes: [
        ...runsNotes(last.contests),
        ...grids.flatMap(({ name, costs, contests }) => predictionNotes(name, costs, contests)),
        `IP bytes are calculated: application bytes plus ${segmentHeaderBytes} header bytes per segment and per acknowledgement.`,
        ...leftOutNotes(result, 'break-even'),
      ],
      panels: [
        ...grids.map(({ id, name, contests, costs }) =>
          mapPanel(`break-even-cpu-${id}`, titleOf(cpu, name), cpu, contests, costs),
        ),
        mapPanel('break-even-bytes', titleOf(bytes, last.name), bytes, last.contests),
        mapPanel('break-even-age', titleOf(latency, last.name), latency, last.contests),
      ],
      table: tableOf(
        {
          id: 'break-even-winners-table',
          caption: `Costs per client of push and short poll, from paired runs. ${severalRuns}`,
        },
        grids.flatMap(({ name, contests }) => contests.map((contest) => ({ name, ...contest }))),
        [
          names('poll server'),
          numbers('rate', 'messages/s', ({ ratePerSecond }) => ratePerSecond),
          numbers('poll interval', 'ms', ({ intervalMs }) => intervalMs),
          counts('runs', ({ pairs }) => pairs.length),
          ...[cpu, bytes, latency].flatMap((prize) =>
            (['push', 'poll'] as const).map((side) => sideColumn(prize, side)),
          ),
          words('lower server CPU', (contest) => {
            const { name, text } = winnerCell(contest, cpu);
            return `${name}: ${text}`;
          }),
        ],
      ),
    },
  ];
}

function sideColumn({ name, unit, read }: Prize, side: 'push' | 'poll'): ColumnOf<Contest> {
  return {
    ...medians({ name: `${name}: ${side}`, unit, read }),
    cell: ({ pairs }) => spreadCell(spread(pairs.map((pair) => read(pair[side])))),
  };
}

function runsNotes(contests: readonly Contest[]): string[] {
  const runs = Math.min(...contests.map(({ pairs }) => pairs.length));
  return runs < runsForVerdict
    ? [
        `${counted(runs, 'run')} per cell. With fewer than ${runsForVerdict} runs, a difference may be chance.`,
      ]
    : [
        `${counted(runs, 'run')} per cell, push and poll paired. Hatched cells: the 95% interval of the ratio contains 1, so there is no clear difference.`,
      ];
}

function mapPanel(
  id: string,
  title: string,
  prize: Prize,
  contests: readonly Contest[],
  costs?: ReturnType<typeof fitCpuCosts>,
): MapPanel {
  const rates = distinct(contests.map(({ ratePerSecond }) => ratePerSecond));
  const intervalsMs = distinct(contests.map(({ intervalMs }) => intervalMs));
  const at = (ratePerSecond: number, intervalMs: number) =>
    contests.find((one) => one.ratePerSecond === ratePerSecond && one.intervalMs === intervalMs);
  const cells = intervalsMs
    .toReversed()
    .map((intervalMs) => rates.map((rate) => winnerCell(at(rate, intervalMs), prize)));
  const line = costs && predictedLine(costs, rates, intervalsMs);
  const says = contests.map((contest) => {
    const { name, text } = winnerCell(contest, prize);
    return `${threeDigits(contest.ratePerSecond)} messages/s, polled every ${writeMs(contest.intervalMs)}: ${name}, ${text}`;
  });
  return {
    kind: 'map',
    id,
    title,
    says: `${title}. ${sentencePer(says)}`,
    size: 'half',
    columns: { title: 'Messages per second', names: rates.map(threeDigits) },
    rows: {
      title: 'Poll interval',
      names: intervalsMs.toReversed().map((intervalMs) => writeMs(intervalMs)),
    },
    cells,
    ...(line && { line }),
  };
}

/** What one delivered message costs by each transport. A panel for each load: costs compare at one load only. */
function deliveriesFigure(trials: readonly Trial[]): Figure[] {
  const sides = trials.filter(({ transport }) => transport === 'sse' || transport === 'long-poll');
  const bursts = trials.filter(({ parameters }) => parameters.schedule === 'burst');
  const loads = [
    ...byValue(sides, ({ parameters }) => parameters.ratePerSecond).map(({ at: rate }) => ({
      id: `break-even-delivery-${rate}`.replaceAll('.', '-'),
      load: `${counted(rate, 'message')} per second, sent one by one`,
      own: trials.filter(
        ({ transport, parameters }) =>
          transport !== 'short-poll' && parameters.schedule !== 'burst' && parameters.ratePerSecond === rate,
      ),
    })),
    {
      id: 'break-even-delivery-burst',
      load: `${counted(bursts[0]?.parameters.ratePerSecond ?? 0, 'message')} per second, in bursts of ten`,
      own: bursts,
    },
  ].filter(({ own }) => own.length > 0);
  if (loads.length === 0) return [];
  const cost = (load: string): DrawnMetric => ({
    ...cpuPerDelivery,
    id: '',
    title: `Server CPU per delivery, ${load}`,
    axis: 'Server CPU (µs per delivery)',
    absent: nothing,
  });
  return [
    {
      id: 'break-even-deliveries',
      title: 'Server CPU per delivered message',
      notes: [
        'Each panel has its own scale: compare bars within a panel only. A delivery costs more at a low message rate, because each message has to wake up the process.',
      ],
      panels: loads.map(({ id, load, own }, index) => {
        const isLeftOver = index === loads.length - 1 && loads.length % 2 === 1;
        return bars({ id, size: isLeftOver ? 'wide' : 'half' }, cost(load), lanesOf(own));
      }),
      table: tableOf(
        {
          id: 'break-even-deliveries-table',
          caption: `Deliveries, requests and server CPU by load and transport. ${severalRuns}`,
        },
        loads.flatMap(({ load, own }) => lanesOf(own).map((lane) => ({ ...lane, load }))),
        [
          words('load', ({ load }) => load),
          names('transport'),
          runsColumn,
          counts('deliveries', ({ runs }) => runs.reduce((sum, { messages }) => sum + messages.delivered, 0)),
          medians(requestsEach),
          medians(cpuPerDelivery),
        ],
      ),
    },
  ];
}

/** The costs that were fitted, and what a framework adds to a poll. */
function costsFigure(all: readonly Fit[]): Figure[] {
  const fits = all.filter(({ experiment }) => experiment === 'break-even');
  if (fits.length === 0) return [];
  const vague = fits.filter(({ low }) => low <= 0).map(({ title }) => `“${title}”`);
  return [
    {
      id: 'break-even-costs',
      title: 'Fitted server CPU per poll and per message',
      notes: [
        'The costs are fitted by least squares to all combinations of message rate and poll interval. The costs are valid for similar loads on this machine.',
        ...(vague.length > 0
          ? [`The interval reaches below 0 for ${listed(vague)}: too few runs to determine that cost.`]
          : []),
      ],
      panels: [],
      table: tableOf(
        {
          id: 'break-even-costs-table',
          caption:
            'Server CPU in microseconds, with 95% intervals. If an interval reaches below 0, the cost may be 0.',
          staysOpen: true,
        },
        [...fits, ...overheadOf(fits)],
        [
          words('poll or message', ({ title }) => title),
          numbers('server CPU', 'µs', ({ value }) => value),
          numbers('95% interval from', 'µs', ({ low }) => low),
          numbers('95% interval to', 'µs', ({ high }) => high),
          counts('trials', ({ n }) => n),
        ],
      ),
    },
  ];
}

/** Without a number of trials: it is a difference of two costs. */
function overheadOf(
  fits: readonly Fit[],
): (Pick<Fit, 'title' | 'value' | 'low' | 'high'> & { n?: number })[] {
  const express = fits.find(({ name }) => name === 'poll/express');
  const bare = fits.find(({ name }) => name === 'poll/http');
  if (!express || !bare) return [];
  return [
    {
      title: 'framework overhead: poll on Express minus poll on bare HTTP',
      ...frameworkOverhead(express, bare),
    },
  ];
}
