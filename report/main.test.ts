import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const sample = fileURLToPath(new URL('./sample/results.json', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'report-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function report(...args: string[]) {
  return spawnSync(process.execPath, ['--import', 'tsx', 'report/main.ts', ...args], { encoding: 'utf8' });
}

/** What the tests damage. */
type Damageable = {
  schemaVersion: unknown;
  lab: { seed: unknown };
  trials: { delayMs: { p50?: unknown } }[];
};

/** Writes the sample with a field changed, and returns the file. */
function damaged(change: (result: Damageable) => void): string {
  const result = JSON.parse(readFileSync(sample, 'utf8'));
  change(result);
  const file = join(folder, 'damaged.json');
  writeFileSync(file, JSON.stringify(result));
  return file;
}

describe('npm run report', () => {
  it('draws a result file and prints where the page is', () => {
    const out = join(folder, 'page.html');
    const { status, stdout, stderr } = report(sample, '--out', out);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${out}\n`, stderr: '' });
    expect(readFileSync(out, 'utf8')).toMatch(/^<!doctype html>/);
    expect(readdirSync(folder)).toEqual(['page.html']);
  });

  it('reads a file as Windows writes it, where the user is', () => {
    const page = join(folder, 'page.html');
    writeFileSync(
      join(folder, 'results.json'),
      Buffer.from(`\u{feff}${readFileSync(sample, 'utf8')}`, 'utf16le'),
    );
    const npm = { npm_lifecycle_script: 'node servers/commands/start.cjs report/main.ts', INIT_CWD: folder };
    const run = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'report/main.ts', 'results.json', '--out', 'page.html'],
      { encoding: 'utf8', env: { ...process.env, ...npm } },
    );
    expect(run).toMatchObject({ status: 0, stdout: `${page}\n`, stderr: '' });
  });

  it('draws the sample for those who read before they run', () => {
    const out = join(folder, 'page.html');
    const { status, stdout } = report('--sample', '--out', out);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${out}\n` });
    expect(readFileSync(out, 'utf8')).toContain('Push versus polling');
  });

  it('refuses a command line that names no result, or two', () => {
    expect(report()).toMatchObject({ status: 2, stderr: expect.stringMatching(/--sample/) });
    expect(report(sample, '--sample')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--sample.*results\.json/),
    });
    expect(report(sample, sample)).toMatchObject({ status: 2, stdout: '' });
  });

  it.each([
    ['a field that is missing', (result) => delete result.trials[2]?.delayMs.p50, /trials\.2\.delayMs\.p50/],
    ['a field of another kind', (result) => (result.lab.seed = 'many'), /lab\.seed/],
    ['another version', (result) => (result.schemaVersion = 99), /schemaVersion is 99.*version 1/],
  ] as [string, (result: Damageable) => void, RegExp][])(
    'refuses %s in one line that names the field',
    (_, change, says) => {
      const { status, stdout, stderr } = report(damaged(change), '--out', join(folder, 'page.html'));
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(says);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(readdirSync(folder)).toEqual(['damaged.json']);
    },
  );

  it('refuses what is not JSON, and a file that is not there', () => {
    const file = join(folder, 'half.json');
    writeFileSync(file, readFileSync(sample, 'utf8').slice(0, 1000));
    expect(report(file)).toMatchObject({ status: 2, stderr: expect.stringMatching(/half\.json.*not JSON/) });
    expect(report(join(folder, 'none.json'))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/none\.json.*no such file/),
    });
  });

  it('says so when the page cannot be written', () => {
    const { status, stderr } = report(sample, '--out', join(folder, 'nowhere', 'page.html'));
    expect(status).toBe(3);
    expect(stderr).toMatch(/cannot write .*nowhere.*no such file.*--out/);
  });

  it('says so when the sample’s own folder cannot be made, as in a checkout that may only be read', () => {
    const readOnly =
      "import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';" +
      "fs.mkdirSync = (path) => { throw new Error('EROFS: read-only file system, mkdir ' + path); }; syncBuiltinESMExports();";
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...['--import', 'tsx', '--import', `data:text/javascript,${encodeURIComponent(readOnly)}`],
        ...['report/main.ts', '--sample'],
      ],
      { encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^cannot write to .*report\/runs\/sample.*read-only.*--out\n$/);
  });
});
