import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { shellQuoted } from '../servers/commands/typed.ts';
import { runsTypeScript } from './harness/child.ts';

/**
 * Draws the report with the report's own command: this floor knows only the result file. Without a
 * report the result is still whole; `undefined` then, and a line that says how to draw it.
 */
export function drawReport(resultPath: string, reportPath: string): Promise<string | undefined> {
  return drawPage(
    'main.ts',
    resultPath,
    reportPath,
    `npm run report -- ${shellQuoted(resultPath)} --out PAGE`,
  );
}

/** The same with another of the report's commands; `again` is what to type to draw it later. */
export async function drawPage(
  command: string,
  resultPath: string,
  pagePath: string,
  again: string,
): Promise<string | undefined> {
  const program = fileURLToPath(new URL(`../report/${command}`, import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [...runsTypeScript, program, resultPath, '--out', pagePath]);
    return pagePath;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr || (error as Error).message;
    console.error(`cannot render the report: ${said.trim().split('\n').at(-1)}`);
    console.error(`the result is complete: render the report with ${again}`);
    return undefined;
  }
}
