import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newRunFolder, showAsLatest } from './result-file.ts';

let runs: string;

beforeEach(() => {
  runs = join(mkdtempSync(join(tmpdir(), 'runs-')), 'runs');
});

afterEach(() => rmSync(join(runs, '..'), { recursive: true, force: true }));

it('gives runs that begin in the same second a folder each', () => {
  const folders = [100, 200, 300].map((ms) => newRunFolder(new Date(1e12 + ms), 'quick', runs));
  expect(folders).toEqual(
    ['2001-09-09T01-46-40-quick', '2001-09-09T01-46-40-quick-2', '2001-09-09T01-46-40-quick-3'].map((name) =>
      join(runs, name),
    ),
  );
  expect(readdirSync(runs)).toHaveLength(3);
});

it('gives a run that is saved again its own folder, and no other place', () => {
  const startedAt = new Date(1e12);
  const folder = newRunFolder(startedAt, 'classroom', runs);
  newRunFolder(new Date(1e12), 'classroom', runs);
  expect(newRunFolder(startedAt, 'classroom', runs)).toBe(folder);
  expect(newRunFolder(startedAt, 'classroom', join(runs, 'elsewhere'))).toContain('elsewhere');
});

it('points to a run as the latest only when it is shown, and only beside it', () => {
  const folder = newRunFolder(new Date(1e12), 'quick', runs);
  expect(readdirSync(runs)).toEqual(['2001-09-09T01-46-40-quick']);
  showAsLatest(folder, runs);
  expect(join(runs, readlinkSync(join(runs, 'latest')))).toBe(folder);
  const next = newRunFolder(new Date(2e12), 'quick', runs);
  expect(join(runs, readlinkSync(join(runs, 'latest')))).toBe(folder);
  showAsLatest(next, runs);
  expect(join(runs, readlinkSync(join(runs, 'latest')))).toBe(next);
  showAsLatest(tmpdir(), runs);
  expect(join(runs, readlinkSync(join(runs, 'latest')))).toBe(next);
});
