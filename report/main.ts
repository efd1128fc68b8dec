import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { stop } from 'esbuild';
import open from 'open';
import { parseResult, type Result } from '../bench/result.ts';
import { renderReport } from './render.ts';

/**
 * The report's command: `npm run report -- FILE [--out FILE] [--open]`, or `--sample` in place of a file.
 *
 * Draws a result file as an HTML page and prints the page's path. Exit codes: 0 drawn; 2 the command
 * line is wrong, or the file is damaged or of another version; 3 the page can't be written.
 */
const exitCodes = { ok: 0, usage: 2, environment: 3 } as const;

type Options = { out?: string; sample?: boolean; open?: boolean };

/** The result that comes with the lab, for those who read before they run, and where its page is drawn. */
const sample = {
  file: fileURLToPath(new URL('./sample/results.json', import.meta.url)),
  page: fileURLToPath(new URL('./runs/sample/report.html', import.meta.url)),
};

const command = new Command('npm run report --')
  .description('Draws a result file as one HTML page that works offline.')
  .argument('[file]', 'a results.json, as the lab writes it')
  .option('--sample', 'draw the result that comes with the lab')
  .option(
    '--out <file>',
    'where to write the page (default: report.html beside the file; for --sample in report/runs/sample)',
  )
  .option('--open', 'open the page in a browser')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .parse();

process.exitCode = await main(command.args[0], command.opts<Options>());

async function main(named: string | undefined, options: Options): Promise<number> {
  if (options.sample && named)
    return refuse(`${named}: leave it out with --sample, or leave out --sample`, exitCodes.usage);
  const file = options.sample ? sample.file : named;
  if (!file)
    return refuse('no result file was named: name one, or draw the sample with --sample', exitCodes.usage);
  let result: Result;
  try {
    result = parseResult(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(`${file}: ${(error as Error).message}`, exitCodes.usage);
  }
  const html = await renderReport(result);
  // The bundler works in a process of its own, which nobody should find running afterwards.
  await stop();
  const out = options.out ?? (options.sample ? sample.page : join(dirname(file), 'report.html'));
  try {
    if (out === sample.page) mkdirSync(dirname(out), { recursive: true });
    writeWhole(out, html);
  } catch (error) {
    return refuse(`cannot write ${out}: ${(error as Error).message}`, exitCodes.environment);
  }
  console.log(resolve(out));
  if (options.open) await open(resolve(out));
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
