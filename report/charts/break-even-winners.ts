import { fitCpuCosts } from '../../bench/analysis/cpu-costs.ts';
import { runsForVerdict } from '../../bench/analysis/interval.ts';
import { ipBytesPerSecond, segmentHeaderBytes } from '../../bench/analysis/ip-bytes.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { counted, sentencePer, threeDigits, writeMs } from '../units.ts';
import { predictedLine, predictionNotes } from './break-even-line.ts';
import type { Figure, MapPanel } from './figure.ts';
import { leftOutNotes } from './lanes.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  severalRuns,
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
  times: 'times less CPU',
  unit: 'ms/s per client',
  of: ({ server, durationMs, clients }) => (server.cpuMs * 1000) / durationMs / clients.count,
};

const bytes: Price = {
  title: 'IP bytes in both directions',
  times: 'times fewer bytes',
  unit: 'B/s per client',
  of: ipBytesPerSecond,
};

const latency: Price = {
  title: 'Mean latency',
  times: 'times lower latency',
  unit: 'ms',
  of: ({ delayMs }) => delayMs.mean ?? undefined,
};

/** Maps of the winners: server CPU on each framework with the predicted line, then bytes and latency. */
export function winnersFigure(result: Result, trials: readonly Trial[]): Figure | undefined {
  const grids = frameworks.flatMap(({ id, name }) => {
    const contests = contestsOf(trials, id);
    return contests.length > 0 ? [{ id, name, contests, costs: fitCpuCosts(trials, id) }] : [];
  });
  // Bytes and latency hardly depend on the framework, so one map of each is enough: the leanest server's.
  const last = grids.at(-1);
  if (!last) return undefined;
  return {
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
        mapPanel(`break-even-cpu-${id}`, panelTitle(cpu, name), cpu, contests, costs),
      ),
      mapPanel('break-even-bytes', panelTitle(bytes, last.name), bytes, last.contests),
      mapPanel('break-even-age', panelTitle(latency, last.name), latency, last.contests),
    ],
    table: winnersTable(grids),
  };
}

function panelTitle({ title }: Price, framework: string): string {
  return `${title}: push or short poll on ${framework}`;
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
    says: `${title}. ${sentencePer(contests.map((contest) => contestWords(contest, price)))}`,
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

function contestWords(contest: Contest, price: Price): string {
  const { name, text } = winnerCell(contest, price);
  return `${threeDigits(contest.ratePerSecond)} messages/s, polled every ${writeMs(contest.intervalMs)}: ${name}, ${text}`;
}

function winnersTable(grids: readonly { name: string; contests: Contest[] }[]): Table {
  return {
    id: 'break-even-winners-table',
    caption: `Push and short poll in the same runs, per client. ${severalRuns}`,
    columns: [
      wordColumn('poll server'),
      numberColumn('rate', 'messages/s'),
      numberColumn('poll interval', 'ms'),
      numberColumn('runs'),
      ...[cpu, bytes, latency].flatMap(({ title, unit }) => [
        numberColumn(`${title}: push`, unit),
        numberColumn(`${title}: poll`, unit),
      ]),
      wordColumn('lower server CPU'),
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
          ...[cpu, bytes, latency].flatMap(({ of }) => [
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
