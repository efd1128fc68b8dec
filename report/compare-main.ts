import { basename, dirname, join } from 'node:path';
import { compareResults } from '../bench/analysis/comparison.ts';
import { begin, command, exitCodeOf, readPath } from '../servers/commands/command.ts';
import { handOut, readResultFile } from './command.ts';
import { comparisonSummary } from './comparison/summary.ts';
import { renderReport } from './render.ts';

/**
 * The command that compares: `npm run compare -- A B [--out FILE]`.
 *
 * Compares two result files. The page is the report of B with the comparison on top; its path goes to stdout,
 * a summary to stderr. Exit codes: 0 compared, whatever differs; 2 the command line is
 * wrong, or a file is damaged or of another version; 3 the page can't be written.
 */
const compareCommand = command(
  'npm run compare --',
  'Compares two result files: the differences from A to B, with intervals.',
)
  .argument('<a>', 'a results.json of the lab', readPath)
  .argument('<b>', 'the results.json to compare with it', readPath)
  .option('--out <file>', 'where to write the page (default: compare.html next to B)', readPath);

const [fileA, fileB] = begin(compareCommand).processedArgs as [string, string];
const { out = join(dirname(fileB), 'compare.html') } = compareCommand.opts<{ out?: string }>();

process.exitCode = await exitCodeOf(async () => {
  const [a, b] = [readResultFile(fileA), readResultFile(fileB)];
  const [nameA, nameB] = namesOf(fileA, fileB);
  const comparison = compareResults(a, b);
  console.error(comparisonSummary(comparison, [...a.experiments, ...b.experiments]));
  const compared = { a: { name: nameA, result: a }, b: { name: nameB, result: b }, comparison };
  await handOut(renderReport(b, compared), out);
});

/** Most result files have the same name, so their folders distinguish them. */
function namesOf(a: string, b: string): [string, string] {
  const short = [a, b].map((file) => basename(file)) as [string, string];
  if (short[0] !== short[1]) return short;
  return [a, b].map((file) => join(basename(dirname(file)), basename(file))) as [string, string];
}
