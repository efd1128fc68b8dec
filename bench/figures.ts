import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseFigures, writeFigures } from './abuse/figures.ts';
import { writeWhole } from './result-file.ts';

/**
 * `npm run figures`: writes the tables of SECURITY.md anew, from the files that the long tests leave in `results/`.
 *
 * A table stands between `<!-- figures:NAME -->` and `<!-- /figures:NAME -->`; what is outside stays. Exit codes:
 * 0 written; 2 a file or a place for a table is missing or damaged.
 */
const root = new URL('../', import.meta.url);

/** Each table by its name: the file that it comes from, and how. */
export const tables: Record<string, { file: string; write: (text: string) => string }> = {
  fuzz: { file: 'results/fuzz.json', write: (text) => writeFigures(parseFigures(text)) },
};

/** The page with this table in its place. Throws an `Error` when there is no place for it. */
export function withTable(page: string, name: string, table: string): string {
  const [start, end] = [`<!-- figures:${name} -->`, `<!-- /figures:${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there is no place for it: put ${start} and ${end} there`);
  return `${page.slice(0, from + start.length)}\n\n${table}\n\n${page.slice(to)}`;
}

function main(): void {
  const path = fileURLToPath(new URL('SECURITY.md', root));
  let page = readFileSync(path, 'utf8');
  for (const [name, { file, write }] of Object.entries(tables)) {
    try {
      const from = fileURLToPath(new URL(file, root));
      if (!existsSync(from)) throw new Error('there is no such file: run the test that leaves it');
      page = withTable(page, name, write(readFileSync(from, 'utf8')));
    } catch (error) {
      console.error(`${file}: ${(error as Error).message}`);
      process.exitCode = 2;
    }
  }
  writeWhole(path, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
