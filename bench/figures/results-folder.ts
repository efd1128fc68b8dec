import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeProblem } from '../../servers/commands/problems.ts';
import { writeWhole } from '../write-whole.ts';

/** Where long runs leave their figures: `results/<name>.json`, the newest of each. Git does not keep them. */
const folder = fileURLToPath(new URL('../../results', import.meta.url));

/** The runs that leave figures. */
export type RunName = 'faults' | 'fuzz' | 'attacks' | 'soak';

/**
 * Why the figures of a run could not be written; `undefined` when they can. To be asked before the minutes
 * that a run takes.
 */
export function figuresProblem(place = folder): string | undefined {
  try {
    mkdirSync(place, { recursive: true });
    accessSync(place, constants.W_OK);
    return undefined;
  } catch (error) {
    return writeProblem(place, error as Error, 'use a checkout that you may write to');
  }
}

/** Writes the figures of a run, whole or not at all. Returns where. Throws where it can't. */
export function saveFigures(name: RunName, figures: object): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  writeWhole(path, `${JSON.stringify(figures, null, 1)}\n`);
  return path;
}

/** The figures of the newest run; `undefined` when there was none. */
export function readFigures<Figures>(name: RunName): Figures | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Figures;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
