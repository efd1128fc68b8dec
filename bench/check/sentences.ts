import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomLcg } from 'd3-random';
import { begin, command, readSeed, wholeNumber } from '../../servers/commands/command.ts';
import { drawReport } from '../report-file.ts';
import {
  isWhole,
  markdownFiles,
  sentencesOf,
  textsOfFolder,
  textsOfHtml,
  textsOfMarkdown,
} from './visible-texts.ts';

/**
 * `npm run sentences`: prints random sentences and labels that users see, each after its source, for somebody to
 * read aloud. Each source gives about as many: README.md, LAB.md, the report of the sample and the live page. With
 * `--all` also the other Markdown files, the experiments, and the other programs with their errors and help.
 *
 * Exit codes: 0 printed; 2 the command line is wrong; 3 the report can't be drawn.
 */
type Sentence = { source: string; text: string };

const { count, seed, all } = begin(
  command(
    'npm run sentences --',
    'Prints random sentences that users see, from README.md, LAB.md, the report and the live page.',
  )
    .option('--count <number>', 'number of sentences', wholeNumber(0, 999_999_999), 100)
    .option('--seed <number>', 'seed of the random choice', readSeed, 1)
    .option('--all', 'draw from all documents and programs', false),
).opts<{ count: number; seed: number; all: boolean }>();
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const report = await reportOfSample();
if (report === undefined) process.exitCode = 3;
else print(draw([...fromMarkdown(), report, ...fromSources()]));

function fromMarkdown(): Sentence[][] {
  const others = markdownFiles.filter((file) => !['README.md', 'LAB.md', 'SECURITY.md'].includes(file));
  const kinds = [['README.md'], ['LAB.md'], ...(all ? [['SECURITY.md'], others] : [])];
  return kinds.map((files) =>
    files.flatMap((file) => sentences(file, textsOfMarkdown(readFileSync(file, 'utf8')))),
  );
}

async function reportOfSample(): Promise<Sentence[] | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'sentences-'));
  try {
    const page = await drawReport('report/sample/results.json', join(folder, 'report.html'));
    return page === undefined
      ? undefined
      : sentences('report of the sample', textsOfHtml(readFileSync(page, 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fromSources(): Sentence[][] {
  const kinds = { 'live page': [], experiments: [], others: [] } as Record<string, Sentence[]>;
  const folders = all ? ['servers', 'clients', 'bench', 'report'] : ['clients/classroom'];
  for (const folder of folders)
    for (const [file, texts] of textsOfFolder(folder)) kinds[kindOf(file)]?.push(...sentences(file, texts));
  return Object.values(kinds);
}

function kindOf(file: string): string {
  if (file.startsWith('clients/classroom/')) return 'live page';
  return file.startsWith('bench/experiments/') ? 'experiments' : 'others';
}

/** Sentences that differ in their numbers only are drawn once: a table has hundreds of them. */
function sentences(source: string, texts: readonly string[]): Sentence[] {
  const found = texts.flatMap(sentencesOf).filter(isWhole);
  const distinct = new Map(found.map((text) => [text.replaceAll(/[\d.,]*\d/g, '0'), text]));
  return [...distinct.values()].map((text) => ({ source, text }));
}

/** Takes turns at the kinds of sources, at random within each. */
function draw(kinds: readonly Sentence[][]): Sentence[] {
  const random = randomLcg(seed / 2 ** 32);
  const drawn: Sentence[] = [];
  for (let turn = 0; drawn.length < count && kinds.some(({ length }) => length > 0); turn += 1) {
    const kind = kinds[turn % kinds.length] as Sentence[];
    drawn.push(...kind.splice(Math.floor(random() * kind.length), 1));
  }
  return drawn;
}

function print(drawn: readonly Sentence[]): void {
  for (const { source, text } of drawn) console.log(`${source}: ${text}`);
}
