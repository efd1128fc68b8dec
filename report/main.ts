import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { begin, command, exitCodeOf, exitCodes, Refusal, readPath } from '../servers/commands/command.ts';
import { openPage } from '../servers/commands/open-page.ts';
import { handOut, readResultFile, writeOrRefuse } from './command.ts';
import { renderReport } from './render.ts';

/**
 * The report's command: `npm run report -- FILE [--out FILE] [--open]`, or `--sample` in place of a file.
 *
 * Renders a result file as an HTML page and prints the page's path. Exit codes: 0 drawn; 2 the command
 * line is wrong, or the file is damaged or of another version; 3 the page can't be written.
 */
type Options = { out?: string; sample?: boolean; open?: boolean };

/** The result that comes with the lab, and the path of its page. */
const sample = {
  file: fileURLToPath(new URL('./sample/results.json', import.meta.url)),
  page: fileURLToPath(new URL('./runs/sample/report.html', import.meta.url)),
};

const reportCommand = command(
  'npm run report --',
  'Renders a result file as one HTML page that works offline.',
)
  .argument('[file]', 'a results.json of the lab', readPath)
  .option('--sample', 'draw the result that comes with the lab')
  .option(
    '--out <file>',
    'where to write the page (default: report.html next to the file; for --sample in report/runs/sample)',
    readPath,
  )
  .option('--open', 'open the page in a browser');

const [file] = begin(reportCommand).processedArgs as [string?];
process.exitCode = await exitCodeOf(() => draw(file, reportCommand.opts<Options>()));

async function draw(named: string | undefined, options: Options): Promise<void> {
  const file = fileOf(named, options);
  const out = options.out ?? (options.sample ? sample.page : join(dirname(file), 'report.html'));
  const result = readResultFile(file);
  if (out === sample.page) writeOrRefuse(out, () => mkdirSync(dirname(out), { recursive: true }));
  await handOut(renderReport(result), out);
  if (options.open) await openPage(out);
}

function fileOf(named: string | undefined, options: Options): string {
  if (options.sample && named)
    throw new Refusal(
      `--sample and the file "${named}" exclude each other: leave out one of the two.`,
      exitCodes.usage,
    );
  const file = options.sample ? sample.file : named;
  if (file) return file;
  throw new Refusal('No result file given: name a results.json, or use --sample.', exitCodes.usage);
}
