import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contractRows } from '../../clients/contract.ts';
import { writeSizing } from '../analysis/advice.ts';
import { parseResult } from '../result.ts';
import { writeFrontPage } from './front-page.ts';
import { table } from './markdown.ts';

/** The contract of the clients as a table in Markdown. */
export function contractTable(): string {
  return table(['every client promises', 'because', 'does not apply to'], contractRows());
}

/** The blocks that come from the sample result: README.md's findings and the sizing tables of bench/README.md. */
export function blocksOfSample(): { findings: string; sizing: string } {
  const path = fileURLToPath(new URL('../../report/sample/results.json', import.meta.url));
  const sample = parseResult(readFileSync(path, 'utf8'));
  return { findings: writeFrontPage(sample), sizing: writeSizing(sample, [100_000, 1_000_000]) };
}

/**
 * Returns the text with each block between its markers, `<!-- figures:faults -->` and `<!-- /figures:faults -->`;
 * adds a missing end marker. Skips blocks whose marker the text does not have.
 */
export function withBlocks(text: string, blocks: Record<string, string>): string {
  return Object.entries(blocks).reduce((written, [name, filled]) => {
    const [begin, end] = [`<!-- figures:${name} -->`, `<!-- /figures:${name} -->`];
    const from = written.indexOf(begin);
    if (from < 0) return written;
    const to = written.indexOf(end, from);
    const rest = to < 0 ? from + begin.length : to + end.length;
    return `${written.slice(0, from)}${begin}\n\n${filled}\n\n${end}${written.slice(rest)}`;
  }, text);
}
