import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from './result.ts';
import { writeWhole } from './write-whole.ts';

/** Where runs are kept: `report/runs/<id>/`, and `report/runs/latest` for the lab's newest. */
const runsFolder = fileURLToPath(new URL('../report/runs', import.meta.url));

/** Makes the folder of a run: the one that was asked for, or a new one under `report/runs` with `latest` pointing to it. */
export function makeRunFolder(wanted: string | undefined, startedAt: Date, profile: string): string {
  if (wanted) return makeFolder(wanted);
  const folder = newRunFolder(startedAt, profile);
  const link = join(runsFolder, `.latest-${process.pid}`);
  rmSync(link, { force: true });
  symlinkSync(basename(folder), link);
  renameSync(link, join(runsFolder, 'latest'));
  return folder;
}

/** Makes this folder, where it isn't there yet. */
export function makeFolder(wanted: string): string {
  mkdirSync(wanted, { recursive: true });
  return wanted;
}

/** Makes a folder for a run, named by its start and its profile. */
export function newRunFolder(startedAt: Date, profile: string, parent = runsFolder): string {
  const folder = join(parent, `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${profile}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Writes the result so that a reader finds the old file or the new one, never half of it. */
export function saveResult(folder: string, result: Result): string {
  const path = join(folder, 'results.json');
  writeWhole(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}
