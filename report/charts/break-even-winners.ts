import { fitCpuCosts } from '../../bench/analysis/cpu-costs.ts';
import { runsForVerdict } from '../../bench/analysis/interval.ts';
import { ipBytesPerSecond } from '../../bench/analysis/ip-bytes-of-trial.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { counted, threeDigits, writeMs } from '../units.ts';
import { predictedLine, predictionNotes } from './break-even-line.ts';
import type { Figure, MapPanel } from './figure.ts';
import { leftOutNotes } from './lanes.ts';
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

const frameworks: { id: Framework; name: string }[] = [
  { id: 'express', name: 'Express' },
  { id: 'http', name: 'bare HTTP' },
];

const cpu: Price = {
  title: 'Server CPU',
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

/** Maps of who took less: processor time on each framework with the predicted line, then bytes and age. */
export function winnersFigure(result: Result, trials: readonly Trial[]): Figure | undefined {
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
    rows: {
      title: 'poll interval',
      names: intervalsMs.toReversed().map((intervalMs) => writeMs(intervalMs)),
    },
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
      wordColumn('less server CPU'),
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

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
