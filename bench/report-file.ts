import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runsTypeScript } from './harness/child.ts';

/**
 * Draws the report with the report's own command: this floor knows only the result file. Without a
 * report the result is still whole; `undefined` then, and a line that says how to draw it.
 */
export async function drawReport(resultPath: string, reportPath: string): Promise<string | undefined> {
  const report = fileURLToPath(new URL('../report/main.ts', import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [...runsTypeScript, report, resultPath, '--out', reportPath]);
    return reportPath;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr || (error as Error).message;
    console.error(`the report could not be drawn: ${said.trim().split('\n').at(-1)}`);
    console.error(`the result is whole: draw it with npm run report -- ${resultPath} --out PAGE`);
    return undefined;
  }
}
