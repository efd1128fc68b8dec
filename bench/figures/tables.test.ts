import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tablesOf } from '../robustness/tables.ts';
import { figuresProblem } from './results-folder.ts';
import { blocksOfSample, contractTable, withBlocks } from './tables.ts';

const figures = {
  seed: 7,
  count: 2,
  startedAt: '2026-01-02T03:04:05.000Z',
  node: 'v20.0.0',
  summary: [
    {
      kind: 'all',
      faults: 2,
      struck: 1,
      orphans: 0,
      unreadableFiles: 0,
      silentLosses: 3,
      otherProblems: 0,
    },
  ],
  skipped: [{ kind: 'full disk', why: 'it needs root' }],
};

it('writes a campaign as a table, with the command and what was left out', () => {
  const text = tablesOf.faults(figures);
  expect(text).toContain('npm run robustness -- faults --count 2 --seed 7');
  expect(text).toMatch(/^\| all +\| 2 +\| 1 +\| 0 +\| 0 +\| 3 +\| 0 +\|$/m);
  expect(text).toContain('Left out: full disk (it needs root).');
});

it('fills the markers that there are, as often as it is asked to', () => {
  const text = 'before\n<!-- figures:faults -->\nafter\n';
  const once = withBlocks(text, { faults: 'TABLE', soak: 'OTHER' });
  expect(once).toBe('before\n<!-- figures:faults -->\n\nTABLE\n\n<!-- /figures:faults -->\nafter\n');
  expect(withBlocks(once, { faults: 'TABLE' })).toBe(once);
  expect(withBlocks(once, { faults: 'NEW' })).toBe(once.replace('TABLE', 'NEW'));
});

it('finds out before a run that its figures could not be written', () => {
  expect(figuresProblem('package.json/results')).toMatch(
    /^cannot write to package\.json\/results: ENOTDIR.*; use a checkout that you may write to$/,
  );
});

it.each([
  ['README.md', 'findings'],
  ['bench/README.md', 'sizing'],
] as const)('finds the numbers of the sample in %s (otherwise: npm run figures)', (file, name) => {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(`<!-- figures:${name} -->`);
  expect(text).toBe(withBlocks(text, blocksOfSample()));
});

it('finds the contract of the clients in clients/README.md (otherwise: npm run figures)', () => {
  const text = readFileSync('clients/README.md', 'utf8');
  expect(text).toContain('<!-- figures:contract -->');
  expect(text).toBe(withBlocks(text, { contract: contractTable() }));
});
