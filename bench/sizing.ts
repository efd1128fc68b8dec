import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { begin, command, exitCodeOf, exitCodes, orRefuse, readPath } from '../servers/commands/command.ts';
import { writeSizing } from './analysis/advice.ts';
import { decodedText } from './decoded-text.ts';
import { parseResult } from './result.ts';

/**
 * `npm run sizing`: predicts servers, memory and bandwidth for 100,000 and 1,000,000 clients from the costs in a
 * result file, as tables in Markdown. bench/README.md shows the tables of the sample.
 *
 * Exit codes: 0 written; 2 the command line is wrong, or the file is no result with these costs in it.
 */
const sample = fileURLToPath(new URL('../report/sample/results.json', import.meta.url));

const [file = sample] = begin(
  command(
    'npm run sizing --',
    'Predicts servers, memory and bandwidth for many clients, from the costs in a result file.',
  ).argument('[file]', 'results.json to read (default: the sample result)', readPath),
).processedArgs as [string?];

process.exitCode = await exitCodeOf(async () =>
  orRefuse(
    exitCodes.usage,
    ({ message }) => `${file}: ${message}`,
    () => console.log(writeSizing(parseResult(decodedText(readFileSync(file))), [100_000, 1_000_000])),
  ),
);
