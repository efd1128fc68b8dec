import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { writeWhole } from '../result-file.ts';
import { type RunName, readFigures } from './results-folder.ts';
import { type FaultFigures, faultTable, type SoakFigures, soakTable, withTables } from './tables.ts';

/**
 * `npm run figures -- FILE`: writes the figures of the newest long runs into a text, between the markers that name
 * them. What has not been run stays as it stood.
 *
 * Exit codes: 0 written, or nothing to write; 2 the command line is wrong; 3 a file can't be read or written.
 */
const command = new Command('npm run figures --')
  .description('Writes the figures of results/*.json between the markers of a text.')
  .argument('<file>', 'where the markers are')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const [file] = command.parse().processedArgs as [string];
try {
  if (!existsSync(file)) throw new Error('there is no such file; name another after --');
  const faults = readFigures<FaultFigures>('faults');
  const soak = readFigures<SoakFigures>('soak');
  const tables: Partial<Record<RunName, string>> = {
    ...(faults && { faults: faultTable(faults) }),
    ...(soak && { soak: soakTable(soak) }),
  };
  const text = readFileSync(file, 'utf8');
  for (const name of ['faults', 'soak'] as const) {
    if (!tables[name]) console.error(`${name}: there are no figures yet: run npm run test:${name}`);
    else if (!text.includes(`<!-- figures:${name} -->`))
      console.error(`${name}: ${file} has no <!-- figures:${name} -->`);
  }
  writeWhole(file, withTables(text, tables));
} catch (error) {
  console.error(`${file}: ${(error as Error).message}`);
  process.exitCode = 3;
}
