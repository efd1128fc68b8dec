import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contractRows } from '../../clients/contract.ts';
import { type AttackFigures, attackTable, type FuzzFigures, fuzzTable } from '../abuse/figures.ts';
import { writeSizing } from '../analysis/sizing.ts';
import type { KindSummary } from '../faults/summary.ts';
import { cellsOf, summaryHeadings } from '../faults/summary.ts';
import { parseResult } from '../result.ts';
import type { Slope } from '../soak/slope.ts';
import type { Soaked } from '../soak/soak.ts';
import { writeFrontPage } from './front-page.ts';
import { table } from './markdown.ts';
import type { RunName } from './results-folder.ts';

/** What `npm run test:faults` leaves, as far as its table goes. */
export type FaultFigures = {
  seed: number;
  count: number;
  startedAt: string;
  node: string;
  summary: KindSummary[];
  skipped: { kind: string; why: string }[];
};

/** What `npm run test:soak` leaves, as far as its table goes. */
export type SoakFigures = Omit<Soaked, 'samples'> & { startedAt: string; node: string };

/** A campaign of faults as a table in Markdown, with the command that brings it back. */
export function faultTable({ seed, count, startedAt, node, summary, skipped }: FaultFigures): string {
  const rows = summary.map(cellsOf);
  const skips = skipped.map(({ kind, why }) => `Left out: ${kind} (${why}).`);
  return [
    `\`npm run test:faults -- --count ${count} --seed ${seed}\`, ${startedAt.slice(0, 10)}, Node ${node}:`,
    table(summaryHeadings, rows),
    ...skips,
  ].join('\n\n');
}

/** A soak as a table in Markdown. */
export function soakTable(soaked: SoakFigures): string {
  const { durationMs, seed, startedAt, node, counts, books, server, clientProcess, memory } = soaked;
  const rows = [
    ['clients at a time', whole(soaked.clients)],
    ['joins, sleeps, overloads', [counts.joins, counts.sleeps, counts.overloads].map(whole).join(', ')],
    [
      'messages expected',
      `${whole(books.expected)} = ${whole(books.delivered)} delivered + ${whole(books.dropped)} dropped + ${whole(books.missed)} missed + ${whole(books.backlogAtEnd)} pending`,
    ],
    ['clients with an accounting error', whole(soaked.bookProblems.length)],
    ['memory in use in the server', memory ? slopeText(memory) : 'the run was too short to tell'],
    ['memory grows', soaked.memoryGrows ? 'yes' : 'no'],
    ['leaked handles and listeners', whole(server.notBack.length + clientProcess.notBack.length)],
  ];
  return [
    `\`npm run test:soak -- --minutes ${durationMs / 60_000} --seed ${seed}\`, ${startedAt.slice(0, 10)}, Node ${node}:`,
    table(['soak', ''], rows),
    soaked.rule,
  ].join('\n\n');
}

/** What each long run's figures look like in a text. */
export const tablesOf: { [Name in RunName]: (figures: FiguresOf[Name]) => string } = {
  fuzz: fuzzTable,
  attacks: attackTable,
  faults: faultTable,
  soak: soakTable,
};

/** What each long run leaves. */
type FiguresOf = { fuzz: FuzzFigures; attacks: AttackFigures; faults: FaultFigures; soak: SoakFigures };

/** The contract of the clients as a table in Markdown. */
export function contractTable(): string {
  return table(['every client promises', 'because', 'does not apply to'], contractRows());
}

/** The blocks that come from the sample result: README.md's findings and the sizing tables of bench/README.md. */
export function blocksOfSample(): { findings: string; sizing: string } {
  const path = fileURLToPath(new URL('../../report/sample/results.json', import.meta.url));
  const sample = parseResult(readFileSync(path, 'utf8'));
  return { findings: writeFrontPage(sample), sizing: writeSizing(sample, [100_000, 1_000_000]) };
}

/**
 * Returns the text with each block between its markers, `<!-- figures:faults -->` and `<!-- /figures:faults -->`;
 * adds a missing end marker. Skips blocks whose marker the text does not have.
 */
export function withBlocks(text: string, blocks: Record<string, string>): string {
  return Object.entries(blocks).reduce((written, [name, filled]) => {
    const [begin, end] = [`<!-- figures:${name} -->`, `<!-- /figures:${name} -->`];
    const from = written.indexOf(begin);
    if (from < 0) return written;
    const to = written.indexOf(end, from);
    const rest = to < 0 ? from + begin.length : to + end.length;
    return `${written.slice(0, from)}${begin}\n\n${filled}\n\n${end}${written.slice(rest)}`;
  }, text);
}

function slopeText({ perMinute, low, high, mean }: Slope): string {
  const kilobytes = (bytes: number) => (bytes / 1024).toFixed(1);
  return `${(mean / 2 ** 20).toFixed(1)} MiB, ${kilobytes(perMinute)} KiB per minute (95%: ${kilobytes(low)} to ${kilobytes(high)})`;
}

function whole(value: number): string {
  return value.toLocaleString('en-GB');
}
