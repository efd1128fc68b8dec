import type { Problem } from './aftermath.ts';
import type { Inflicted } from './campaign.ts';

/** What came of one kind of fault, or of all. */
export type KindSummary = {
  kind: string;
  faults: number;
  /** Those that came before the lab had ended. */
  struck: number;
  orphans: number;
  unreadableFiles: number;
  silentLosses: number;
  otherProblems: number;
};

/** A row for each kind, in alphabetical order, and one for all of them at the end. */
export function summarise(inflicted: readonly Inflicted[]): KindSummary[] {
  const kinds = [...new Set(inflicted.map(({ kind }) => kind))].sort();
  return [
    ...kinds.map((kind) =>
      sumOf(
        kind,
        inflicted.filter((one) => one.kind === kind),
      ),
    ),
    sumOf('all', inflicted),
  ];
}

function sumOf(kind: string, some: readonly Inflicted[]): KindSummary {
  const problems = some.flatMap((one) => one.problems);
  const count = (...failings: Problem['failing'][]) =>
    problems.filter(({ failing }) => failings.includes(failing)).length;
  return {
    kind,
    faults: some.length,
    struck: some.filter(({ struck }) => struck).length,
    orphans: count('orphan'),
    unreadableFiles: count('unreadable file', 'left-over file'),
    silentLosses: count('silent loss'),
    otherProblems: count('stuck', 'exit code', 'no report'),
  };
}

const headings = ['fault', 'times', 'struck', 'orphans', 'unreadable files', 'silent losses', 'other'];

/** A summary as a table for a terminal. */
export function writeSummary(summary: readonly KindSummary[], seed: number): string {
  const rows = [headings, ...summary.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join('  '),
  );
  return [`Seed ${seed}`, ...lines].join('\n');
}

/** The cells of one row, in the order of `headings`. */
export function cellsOf({ kind, ...counts }: KindSummary): string[] {
  return [kind, ...Object.values(counts).map(String)];
}

export { headings as summaryHeadings };
