import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { beginCommand } from '../../servers/commands/begin.ts';
import { writeProblem } from '../../servers/commands/problems.ts';
import { fromUsersFolder } from '../../servers/commands/typed.ts';
import { writeWhole } from '../write-whole.ts';
import { type RunName, readFigures } from './results-folder.ts';
import { tablesOf, withTables } from './tables.ts';

/**
 * `npm run figures`: writes the figures of the newest long runs into a text, between the markers that name
 * them. What has not been run stays as it stood.
 *
 * Exit codes: 0 written, or nothing to write; 2 the command line is wrong; 3 a file can't be read or written.
 */
const security = fileURLToPath(new URL('../../SECURITY.md', import.meta.url));

const command = new Command('npm run figures --')
  .description('Writes the figures of results/*.json between the markers of a text.')
  .argument('[file]', 'where the markers are', (file) => fromUsersFolder(file), security)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

beginCommand(command.name(), command.options);
const [file] = command.parse().processedArgs as [string];
try {
  if (!existsSync(file)) throw new Error('there is no such file; name another after --');
  const text = readFileSync(file, 'utf8');
  const tables: Partial<Record<RunName, string>> = {};
  for (const [name, tableOf] of Object.entries(tablesOf) as [RunName, (figures: unknown) => string][]) {
    const figures = readFigures(name);
    if (figures === undefined) console.error(`${name}: there are no figures yet: run npm run test:${name}`);
    else if (!text.includes(`<!-- figures:${name} -->`))
      console.error(`${name}: ${file} has no <!-- figures:${name} -->`);
    else tables[name] = tableOf(figures);
  }
  write(withTables(text, tables));
} catch (error) {
  console.error(`${file}: ${(error as Error).message}`);
  process.exitCode = 3;
}

function write(text: string): void {
  try {
    writeWhole(file, text);
  } catch (error) {
    console.error(writeProblem(file, error as Error, 'name another file after --'));
    process.exitCode = 3;
  }
}
