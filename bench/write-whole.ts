import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Writes a file beside its place and moves it there. Where that fails, nothing of it is left. */
export function writeWhole(path: string, text: string): void {
  const half = join(dirname(path), `.${basename(path)}-${process.pid}`);
  try {
    writeFileSync(half, text);
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  }
}
