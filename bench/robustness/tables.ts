import { threeDigits, writeMs } from '../analysis/writing.ts';
import { table } from '../figures/markdown.ts';
import type { RunName } from '../figures/results-folder.ts';
import type { HealthyClient } from './attacks/healthy-client.ts';
import { cellsOf, type KindSummary, summaryHeadings } from './faults/summary.ts';
import type { Fuzzed } from './fuzz/fuzz.ts';
import type { Slope } from './soak/slope.ts';
import type { Soaked } from './soak/soak.ts';

/** When a campaign ran, and on which machine. */
export type Ran = {
  startedAt: string;
  durationMs: number;
  version: string;
  node: string;
  cpu: string;
  cores: number;
  commit: string;
};

/** The saved numbers of each campaign, as far as its table needs them. */
export type Figures = {
  /** `count`: inputs for each target. */
  fuzz: Ran & { seed: number; count: number; fuzzed: Fuzzed[] };
  attacks: Ran & { seed: number; besides: HealthyClient[] };
  faults: Pick<Ran, 'startedAt' | 'node'> & {
    seed: number;
    count: number;
    summary: KindSummary[];
    skipped: { kind: string; why: string }[];
  };
  soak: Pick<Ran, 'startedAt' | 'node'> & Omit<Soaked, 'samples'>;
};

/** Each campaign as a table in Markdown, with the command that repeats it. */
export const tablesOf: { [Name in RunName]: (figures: Figures[Name]) => string } = {
  fuzz: (ran) => [head(`fuzz --count ${ran.count}`, ran, machineOf(ran)), fuzzTable(ran.fuzzed)].join('\n\n'),
  attacks: (ran) => [head('attacks', ran, machineOf(ran)), attackTable(ran.besides)].join('\n\n'),
  faults: (ran) =>
    [
      head(`faults --count ${ran.count}`, ran),
      table(summaryHeadings, ran.summary.map(cellsOf)),
      ...ran.skipped.map(({ kind, why }) => `Left out: ${kind} (${why}).`),
    ].join('\n\n'),
  soak: (ran) =>
    [head(`soak --minutes ${ran.durationMs / 60_000}`, ran), soakTable(ran), ran.rule].join('\n\n'),
};

function head(
  campaign: string,
  { seed, startedAt, node }: Pick<Ran, 'startedAt' | 'node'> & { seed: number },
  machine = '',
): string {
  return `\`npm run robustness -- ${campaign} --seed ${seed}\`, ${startedAt.slice(0, 10)}, ${machine}Node ${node}:`;
}

const machineOf = ({ cpu, cores }: Ran) => `${cpu}, ${cores} cores, `;

function fuzzTable(fuzzed: readonly Fuzzed[]): string {
  const row = ({ target, inputs, taken, refused, crashes, rejections, hangs, unnamed }: Fuzzed) => [
    target,
    ...[inputs, taken, refused, crashes, rejections, hangs, unnamed].map(whole),
  ];
  const head = [
    'server or parser',
    ...['inputs', 'accepted', 'refused with a reason', 'crashes', 'unhandled rejections', 'hangs'],
    'refused without a reason',
  ];
  return table(head, fuzzed.map(row), 'right');
}

function attackTable(clients: readonly HealthyClient[]): string {
  const row = ({ server, framework, strikes, calm, attacked, ratio, lost, twice }: HealthyClient) => [
    server === 'push' || server === 'tcp-push' ? server : `${server}, ${framework}`,
    ...[strikes, calm.messages + attacked.messages, lost, twice].map(whole),
    writeMs(calm.p99Ms),
    writeMs(attacked.p99Ms),
    `${threeDigits(ratio.median)} (${threeDigits(ratio.low)} to ${threeDigits(ratio.high)})`,
  ];
  const head = [
    'healthy client',
    ...['attacks', 'messages', 'lost', 'duplicated', 'p99 without attacks', 'p99 with attacks'],
    'ratio, median of 7 pairs',
  ];
  return table(head, clients.map(row), 'right');
}

function soakTable({ counts, books, server, clientProcess, memory, ...soaked }: Figures['soak']): string {
  const { expected, delivered, dropped, missed, backlogAtEnd } = books;
  return table(
    ['soak', ''],
    [
      ['clients at a time', whole(soaked.clients)],
      ['joins, sleeps, overloads', [counts.joins, counts.sleeps, counts.overloads].map(whole).join(', ')],
      [
        'messages expected',
        `${whole(expected)} = ${whole(delivered)} delivered + ${whole(dropped)} dropped + ${whole(missed)} missed + ${whole(backlogAtEnd)} pending`,
      ],
      ['clients with an accounting error', whole(soaked.bookProblems.length)],
      ['memory in use in the server', memory ? slopeText(memory) : 'the run was too short to tell'],
      ['memory grows', soaked.memoryGrows ? 'yes' : 'no'],
      ['leaked handles and listeners', whole(server.notBack.length + clientProcess.notBack.length)],
    ],
  );
}

function slopeText({ perMinute, low, high, mean }: Slope): string {
  const kilobytes = (bytes: number) => (bytes / 1024).toFixed(1);
  return `${(mean / 2 ** 20).toFixed(1)} MiB, ${kilobytes(perMinute)} KiB per minute (95%: ${kilobytes(low)} to ${kilobytes(high)})`;
}

function whole(value: number): string {
  return value.toLocaleString('en-GB');
}
