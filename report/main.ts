import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { exitCodeOf, exitCodes, handOut, readResultFile } from './command.ts';
import { renderReport } from './render.ts';

/**
 * The report's command: `npm run report -- FILE [--out FILE]`.
 *
 * Draws a result file as an HTML page and prints the page's path. Exit codes: 0 drawn; 2 the command
 * line is wrong, or the file is damaged or of another version; 3 the page can't be written.
 */
const command = new Command('npm run report --')
  .description('Draws a result file as one HTML page that works offline.')
  .argument('<file>', 'a results.json, as the lab writes it')
  .option('--out <file>', 'where to write the page (default: report.html beside the file)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .parse();

const [file] = command.args as [string];
const { out = join(dirname(file), 'report.html') } = command.opts<{ out?: string }>();

process.exitCode = await exitCodeOf(async () => handOut(renderReport(readResultFile(file)), out));
