import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stop } from 'esbuild';
import { decodedText } from '../bench/decoded-text.ts';
import { parseResult, type Result } from '../bench/result.ts';
import { writeWhole } from '../bench/write-whole.ts';
import { writeProblem } from '../servers/commands/problems.ts';

/** Shared by the commands that draw pages: files in, a page out, and exit codes. */
export const exitCodes = { ok: 0, usage: 2, environment: 3 } as const;

/** Why a command ends without a page: a line for stderr, and the exit code. */
export class Refusal extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Reads a result file. Throws a `Refusal` that names the file, and the field at fault where there is one. */
export function readResultFile(file: string): Result {
  return readFileAs(file, parseResult);
}

/** Reads a file of any kind. Errors of `parse` become a `Refusal`. */
export function readFileAs<File>(file: string, parse: (text: string) => File): File {
  try {
    return parse(decodedText(readFileSync(file)));
  } catch (error) {
    throw new Refusal(`${file}: ${(error as Error).message}`, exitCodes.usage);
  }
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
  try {
    write();
  } catch (error) {
    const reason = writeProblem(path, error as Error, 'name another file with --out');
    throw new Refusal(reason, exitCodes.environment);
  }
}

/** Runs a command to its exit code. A refusal is one line on stderr, whatever its message holds. */
export async function exitCodeOf(command: () => Promise<void>): Promise<number> {
  try {
    await command();
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(error.message.replaceAll(/\s+/g, ' ').trim());
    return error.exitCode;
  }
}
