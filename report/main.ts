import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { stop } from 'esbuild';
import { parseResult, type Result } from '../bench/result.ts';
import { renderReport } from './render.ts';

/**
 * The report's command: `npm run report -- FILE [--out FILE]`.
 *
 * Draws a result file as an HTML page and prints the page's path. Exit codes: 0 drawn; 2 the command
 * line is wrong, or the file is damaged or of another version; 3 the page can't be written.
 */
const exitCodes = { ok: 0, usage: 2, environment: 3 } as const;

const command = new Command('npm run report --')
  .description('Draws a result file as one HTML page that works offline.')
  .argument('<file>', 'a results.json, as the lab writes it')
  .option('--out <file>', 'where to write the page (default: report.html beside the file)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .parse();

process.exitCode = await main(command.args[0] as string, command.opts<{ out?: string }>().out);

async function main(file: string, out = join(dirname(file), 'report.html')): Promise<number> {
  let result: Result;
  try {
    result = parseResult(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(`${file}: ${(error as Error).message}`, exitCodes.usage);
  }
  const html = await renderReport(result);
  // The bundler works in a process of its own, which nobody should find running afterwards.
  await stop();
  try {
    writeWhole(out, html);
  } catch (error) {
    return refuse(`cannot write ${out}: ${(error as Error).message}`, exitCodes.environment);
  }
  console.log(resolve(out));
  return exitCodes.ok;
}

/** One line on stderr, whatever the message holds. */
function refuse(message: string, exitCode: number): number {
  console.error(message.replaceAll(/\s+/g, ' ').trim());
  return exitCode;
}

/** Writes so that a reader finds the old page or the new one, never half of it. */
function writeWhole(path: string, text: string): void {
  const half = join(dirname(path), `.${basename(path)}-${process.pid}`);
  try {
    writeFileSync(half, text);
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  }
}
