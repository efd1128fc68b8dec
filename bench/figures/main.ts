import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { begin, command, readPath } from '../../servers/commands/command.ts';
import { writeProblem } from '../../servers/commands/problems.ts';
import { tablesOf } from '../robustness/tables.ts';
import { writeWhole } from '../write-whole.ts';
import { type RunName, readFigures } from './results-folder.ts';
import { blocksOfSample, contractTable, withBlocks } from './tables.ts';

/**
 * `npm run figures`: writes measured numbers into the Markdown files, between the markers that name them. The
 * findings and the sizing tables come from the sample result, the clients' contract from clients/contract.ts, the rest
 * from the newest long runs. Numbers of a
 * long run that is missing stay as they are.
 *
 * Exit codes: 0 written, or nothing to write; 2 the command line is wrong; 3 a file can't be read or written.
 */
const ours = ['README.md', 'bench/README.md', 'SECURITY.md', 'clients/README.md'].map((file) =>
  fileURLToPath(new URL(`../../${file}`, import.meta.url)),
);

const [file] = begin(
  command(
    'npm run figures --',
    'Writes measured numbers between the markers of the Markdown files.',
  ).argument(
    '[file]',
    'a file with markers (default: README.md, bench/README.md, SECURITY.md, clients/README.md)',
    readPath,
  ),
).processedArgs as [string?];
const blocks = newestBlocks();
for (const path of file === undefined ? ours : [file]) fill(path);

function newestBlocks(): Record<string, string> {
  const found: Record<string, string> = { ...blocksOfSample(), contract: contractTable() };
  for (const [name, tableOf] of Object.entries(tablesOf) as [RunName, (figures: unknown) => string][]) {
    const figures = readFigures(name);
    if (figures === undefined) console.error(`${name}: no numbers yet; run npm run robustness -- ${name}`);
    else found[name] = tableOf(figures);
  }
  return found;
}

function fill(path: string): void {
  try {
    if (!existsSync(path)) throw new Error('no such file; pass another after --');
    const text = readFileSync(path, 'utf8');
    if (!text.includes('<!-- figures:'))
      console.error(`${path}: found no marker such as <!-- figures:fuzz -->`);
    write(path, withBlocks(text, blocks));
  } catch (error) {
    console.error(`${path}: ${(error as Error).message}`);
    process.exitCode = 3;
  }
}

function write(path: string, text: string): void {
  try {
    writeWhole(path, text);
  } catch (error) {
    console.error(writeProblem(path, error as Error, 'pass another file after --'));
    process.exitCode = 3;
  }
}
