import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stop } from 'esbuild';
import { decodedText } from '../bench/decoded-text.ts';
import { parseResult, type Result } from '../bench/result.ts';
import { writeWhole } from '../bench/write-whole.ts';
import { exitCodes, orRefuse } from '../servers/commands/command.ts';
import { writeProblem } from '../servers/commands/problems.ts';

/** Shared by the commands that draw pages: files in, a page out. */

/** Reads a result file. Throws a `Refusal` that names the file, and the field at fault where there is one. */
export function readResultFile(file: string): Result {
  return readFileAs(file, parseResult);
}

/** Reads a file of any kind. Errors of `parse` become a `Refusal`. */
export function readFileAs<File>(file: string, parse: (text: string) => File): File {
  return orRefuse(
    exitCodes.usage,
    ({ message }) => `${file}: ${message}`,
    () => parse(decodedText(readFileSync(file))),
  );
}

/** Writes a page and prints where it is. Throws a `Refusal` where it can't. */
export async function handOut(page: Promise<string>, out: string): Promise<void> {
  const html = await page;
  // The bundler has its own process, which would keep running.
  await stop();
  writeOrRefuse(out, () => writeWhole(out, html));
  console.log(resolve(out));
}

/** Writes something at a path. Throws a `Refusal` with the remedy where it can't. */
export function writeOrRefuse(path: string, write: () => void): void {
  orRefuse(
    exitCodes.environment,
    (error) => writeProblem(path, error, 'name another file with --out'),
    write,
  );
}
