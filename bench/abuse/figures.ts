import { threeDigits, writeMs } from '../analysis/writing.ts';
import { table } from '../figures/markdown.ts';
import type { Beside } from './beside.ts';
import type { Fuzzed } from './fuzz.ts';

/** A run: when, and on what. */
type Ran = {
  startedAt: string;
  durationMs: number;
  node: string;
  cpu: string;
  cores: number;
  commit: string;
  seed: number;
};

/** What `npm run test:fuzz` leaves; `count` inputs for each target. */
export type FuzzFigures = Ran & { count: number; fuzzed: Fuzzed[] };

/** What `npm run test:attacks` leaves. */
export type AttackFigures = Ran & { besides: Beside[] };

/** A run of `npm run test:fuzz` as a table in Markdown. */
export function fuzzTable({ fuzzed, count, ...ran }: FuzzFigures): string {
  return `${head(`npm run test:fuzz -- --count ${count}`, ran)}\n\n${fuzzedTable(fuzzed)}`;
}

/** A run of `npm run test:attacks` as a table in Markdown. */
export function attackTable({ besides, ...ran }: AttackFigures): string {
  return `${head('npm run test:attacks --', ran)}\n\n${besideTable(besides)}`;
}

function head(command: string, { seed, startedAt, cpu, cores, node }: Ran): string {
  return `\`${command} --seed ${seed}\`, ${startedAt.slice(0, 10)}, ${cpu}, ${cores} cores, Node ${node}:`;
}

function fuzzedTable(fuzzed: readonly Fuzzed[]): string {
  const row = ({ target, inputs, taken, refused, crashes, rejections, hangs, unnamed }: Fuzzed) => [
    target,
    ...[inputs, taken, refused, crashes, rejections, hangs, unnamed].map((one) => one.toLocaleString('en')),
  ];
  const head = [
    'server or parser',
    ...['inputs', 'accepted', 'refused with a reason', 'crashes', 'unhandled rejections', 'hangs'],
    'refused without a reason',
  ];
  return table(head, fuzzed.map(row), 'right');
}

function besideTable(besides: readonly Beside[]): string {
  const row = ({ server, framework, strikes, calm, attacked, ratio, lost, twice }: Beside) => [
    server === 'push' || server === 'tcp-push' ? server : `${server}, ${framework}`,
    strikes.toLocaleString('en'),
    (calm.messages + attacked.messages).toLocaleString('en'),
    lost,
    twice,
    writeMs(calm.p99Ms),
    writeMs(attacked.p99Ms),
    `${threeDigits(ratio.median)} (${threeDigits(ratio.low)} to ${threeDigits(ratio.high)})`,
  ];
  const head = [
    'healthy client',
    ...[
      'attacks',
      'messages',
      'lost',
      'duplicated',
      'p99 without attacks',
      'p99 with attacks',
      'ratio, median of 7 pairs',
    ],
  ];
  return table(head, besides.map(row), 'right');
}
