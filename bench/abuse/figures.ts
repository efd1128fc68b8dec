import { threeDigits, writeMs } from '../analysis/writing.ts';
import { table } from '../figures/markdown.ts';
import type { Beside } from './beside.ts';
import type { Fuzzed } from './fuzz.ts';

/** What `npm run test:fuzz` leaves. */
export type FuzzFigures = {
  startedAt: string;
  durationMs: number;
  node: string;
  cpu: string;
  cores: number;
  commit: string;
  /** Inputs for each target. */
  count: number;
  seed: number;
  fuzzed: Fuzzed[];
  besides: Beside[];
};

/** Whether something went down badly: an input, or a message beside an attack. How old messages were is a figure, and fails nothing. */
export function hasFailed({ fuzzed, besides }: Pick<FuzzFigures, 'fuzzed' | 'besides'>): boolean {
  return (
    fuzzed.some(({ finding }) => finding !== undefined) ||
    besides.some(({ lost, twice, failure }) => lost + twice > 0 || failure !== undefined)
  );
}

/** The figures as tables in Markdown. */
export function fuzzTables(figures: FuzzFigures): string {
  const { fuzzed, besides, node, cpu, cores, startedAt, seed } = figures;
  const head = `Run of ${startedAt.slice(0, 10)} with seed ${seed}, on ${cpu}, ${cores} cores, Node ${node}:`;
  return [head, fuzzed.length > 0 && fuzzedTable(fuzzed), besides.length > 0 && besideTable(besides)]
    .filter(Boolean)
    .join('\n\n');
}

function fuzzedTable(fuzzed: readonly Fuzzed[]): string {
  const row = ({ target, inputs, taken, refused, crashes, rejections, hangs, unnamed }: Fuzzed) => [
    target,
    ...[inputs, taken, refused, crashes, rejections, hangs, unnamed].map((one) => one.toLocaleString('en')),
  ];
  const head = [
    'server or parser',
    ...['inputs', 'taken', 'refused with a reason', 'crashes', 'unhandled rejections', 'hangs'],
    'refused without',
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
    'a healthy client of',
    ...[
      'attacks beside it',
      'its messages',
      'lost',
      'twice',
      'p99 without',
      'p99 with',
      'ratio, median of 7 pairs',
    ],
  ];
  return table(head, besides.map(row), 'right');
}
