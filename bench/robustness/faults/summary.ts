import type { Problem } from './aftermath.ts';
import type { Injected } from './inject.ts';

/** Counts of one kind of fault, or of all. */
export type KindSummary = {
  kind: string;
  faults: number;
  /** Faults that came before the end of the lab. */
  struck: number;
  orphans: number;
  unreadableFiles: number;
  silentLosses: number;
  otherProblems: number;
};

/** Returns the counts of each kind in alphabetical order, then those of all. */
export function summarise(injected: readonly Injected[]): KindSummary[] {
  const kinds = [...new Set(injected.map(({ kind }) => kind))].sort();
  const rows = kinds.map((kind) =>
    sumOf(
      kind,
      injected.filter((one) => one.kind === kind),
    ),
  );
  return [...rows, sumOf('all', injected)];
}

function sumOf(kind: string, some: readonly Injected[]): KindSummary {
  const failings = some.flatMap(({ problems }) => problems.map(({ failing }) => failing));
  const count = (...wanted: Problem['failing'][]) => failings.filter((one) => wanted.includes(one)).length;
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

export const summaryHeadings = [
  'fault',
  'times',
  'struck',
  'orphans',
  'unreadable files',
  'silent losses',
  'other',
];

/** The cells of one row, in the order of `summaryHeadings`. */
export function cellsOf({ kind, ...counts }: KindSummary): string[] {
  return [kind, ...Object.values(counts).map(String)];
}
