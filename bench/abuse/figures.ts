import { z } from 'zod';
import { threeDigits, writeMs } from '../analysis/writing.ts';
import type { Beside } from './beside.ts';
import type { Fuzzed } from './fuzz.ts';

/** The figures of a run of `npm run test:fuzz`, as the file has them and as people read them. */
const count = z.number().int().min(0);

const fuzzedSchema = z.object({
  target: z.string(),
  kind: z.enum(['parser', 'server']),
  seed: count,
  inputs: count,
  taken: count,
  refused: count,
  crashes: count,
  rejections: count,
  hangs: count,
  unnamed: count,
  durationMs: count,
  finding: z.string().optional(),
});

const agesSchema = z.object({ messages: count, p50Ms: z.number(), p99Ms: z.number() });

const besideSchema = z.object({
  server: z.string(),
  framework: z.enum(['express', 'http']),
  strikes: count,
  calm: agesSchema,
  attacked: agesSchema,
  ratio: z.object({ median: z.number(), low: z.number(), high: z.number() }),
  lost: count,
  twice: count,
  failure: z.string().optional(),
});

const figuresSchema = z.object({
  startedAt: z.string(),
  durationMs: count,
  node: z.string(),
  cpu: z.string(),
  cores: count,
  commit: z.string(),
  count,
  seed: count,
  fuzzed: z.array(fuzzedSchema),
  besides: z.array(besideSchema),
});

export type FuzzFigures = Omit<z.infer<typeof figuresSchema>, 'fuzzed' | 'besides'> & {
  fuzzed: Fuzzed[];
  besides: Beside[];
};

/** Reads the file. Throws an `Error` that names the field at fault. */
export function parseFigures(text: string): FuzzFigures {
  const parsed = figuresSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data as FuzzFigures;
  const [issue] = parsed.error.issues;
  throw new Error(`these are no figures of a fuzz run: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** Whether something went down badly: an input, or a message beside an attack. How old messages were is a figure, and fails nothing. */
export function hasFailed({ fuzzed, besides }: Pick<FuzzFigures, 'fuzzed' | 'besides'>): boolean {
  return (
    fuzzed.some(({ finding }) => finding !== undefined) ||
    besides.some(({ lost, twice, failure }) => lost + twice > 0 || failure !== undefined)
  );
}

/** The figures as tables in Markdown. */
export function writeFigures(figures: FuzzFigures): string {
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
  return table(head, fuzzed.map(row));
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
  return table(head, besides.map(row));
}

function table(head: readonly string[], rows: readonly (string | number)[][]): string {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
