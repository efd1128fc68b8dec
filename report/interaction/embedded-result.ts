import type { Figure, Result, Trial } from '../../bench/result.ts';
import { fromColumns } from '../columns.ts';
import { unpacked } from './unpack.ts';

/** The page's own result, restored from columns. */
export async function embeddedResult(): Promise<Result> {
  const result = JSON.parse(await unpacked('result'));
  return {
    ...result,
    trials: fromColumns(result.trials) as Trial[],
    figures: fromColumns(result.figures) as Figure[],
  };
}
