import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from './result.ts';
import { writeWhole } from './write-whole.ts';

/** Where runs are kept: `report/runs/<id>/`, and `report/runs/latest` for the lab's newest. */
const runsFolder = fileURLToPath(new URL('../report/runs', import.meta.url));

/** Makes the folder of a run: the one that was asked for, or a new one under `report/runs`. */
export function makeRunFolder(wanted: string | undefined, startedAt: Date, profile: string): string {
  if (!wanted) return newRunFolder(startedAt, profile);
  mkdirSync(wanted, { recursive: true });
  return wanted;
}

/** The folders that were made, by the start of the run, so that a run that is saved again finds its own. */
const made = new WeakMap<Date, string>();

/**
 * Makes a folder for a run, named by its start and its profile, with a number when another run began in the same
 * second. With the same `startedAt` again, the same object, it is the folder that was made before.
 */
export function newRunFolder(startedAt: Date, profile: string, parent = runsFolder): string {
  const own = made.get(startedAt);
  if (own && dirname(own) === parent) return own;
  mkdirSync(parent, { recursive: true });
  const name = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${profile}`;
  for (let count = 1; ; count += 1) {
    const folder = join(parent, count === 1 ? name : `${name}-${count}`);
    try {
      mkdirSync(folder);
      made.set(startedAt, folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Lets `latest` point to the folder of a run, once there is something in it. Folders elsewhere have no `latest`. */
export function showAsLatest(folder: string, parent = runsFolder): void {
  if (dirname(folder) !== parent) return;
  const link = join(parent, `.latest-${process.pid}`);
  rmSync(link, { force: true });
  symlinkSync(basename(folder), link);
  renameSync(link, join(parent, 'latest'));
}

/** Writes the result so that a reader finds the old file or the new one, never half of it. */
export function saveResult(folder: string, result: Result): string {
  const path = join(folder, 'results.json');
  writeWhole(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}
