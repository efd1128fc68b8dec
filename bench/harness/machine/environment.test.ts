import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { commitOf } from './environment.ts';
import { loopbackProblem } from './loopback.ts';

let folder: string;

const git = (...args: string[]) =>
  execFileSync(
    'git',
    ['-c', 'commit.gpgsign=false', '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  ).trim();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repository-'));
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--message', 'first');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it('names the commit of a checkout, and whether it was changed', () => {
  const commit = git('rev-parse', '--short', 'HEAD');
  expect(commitOf(folder)).toBe(commit);
  writeFileSync(join(folder, 'new'), '');
  expect(commitOf(folder)).toBe(`${commit} with changes`);
});

it('does not name the commit of somebody else’s repository', () => {
  const unpacked = join(folder, 'lab');
  mkdirSync(unpacked);
  expect(commitOf(unpacked)).toBe('unknown');
  const elsewhere = mkdtempSync(join(tmpdir(), 'no-repository-'));
  vi.stubEnv('GIT_DIR', join(folder, '.git'));
  vi.stubEnv('GIT_WORK_TREE', elsewhere);
  expect(commitOf(elsewhere)).toBe('unknown');
  rmSync(elsewhere, { recursive: true });
});

it('finds that a machine can connect to itself, or why not', async () => {
  expect(await loopbackProblem()).toBeUndefined();
  // An address for documents, which nobody has.
  expect(await loopbackProblem('192.0.2.1')).toBe(
    "This machine can't connect to its own address 192.0.2.1 (EADDRNOTAVAIL): check that its loopback interface is up.",
  );
});
