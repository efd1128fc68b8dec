import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

/** The parts of the style: files of the folder beside. `base` comes first in every page. */
export type StylePart = 'base' | 'page' | 'figures' | 'swim-lanes' | 'comparison' | 'print' | 'peers';

/** Parts of the style as one sheet, after rules that are made for a page, without what only a person reads. */
export async function styleOf(parts: readonly StylePart[], made: readonly string[] = []): Promise<string> {
  const sheets = parts.map((part) => readFile(new URL(`./style/${part}.css`, import.meta.url), 'utf8'));
  const all = [...made, ...(await Promise.all(sheets))].join('\n');
  const { code } = await transform(all, { loader: 'css', minify: true, logLevel: 'silent' });
  return code;
}
